//! A recorded request as bytes: lines in the recorded order and case, framed so that it can be read.

use bytes::{BufMut, Bytes, BytesMut};
use overgrow_parity::trace::{Header, Request};

use super::Target;

/// The whole request as it goes to the target.
pub(super) fn bytes(request: &Request, target: &Target) -> Bytes {
    let body = request.body.as_deref().unwrap_or_default();
    let framing = Framing::of(request);
    let mut out = BytesMut::with_capacity(body.len() + 1024);
    out.put_slice(format!("{} {} HTTP/1.1\r\n", request.method, request.target).as_bytes());
    if request.header("host").is_none() {
        line(&mut out, "Host", target.host(request).as_bytes());
    }
    for header in request.headers.iter().filter(|header| is_kept(header)) {
        match header {
            host if host.is("host") => line(&mut out, &host.name, target.host(request).as_bytes()),
            length if length.is("content-length") => {
                line(&mut out, &length.name, body.len().to_string().as_bytes());
            }
            other => line(&mut out, &other.name, &other.value),
        }
    }
    if framing == Framing::Missing {
        line(
            &mut out,
            "Content-Length",
            body.len().to_string().as_bytes(),
        );
    }
    out.put_slice(b"\r\n");
    framing.put(&mut out, body);
    out.freeze()
}

/// A WebSocket is spoken without extensions here, so none are offered.
fn is_kept(header: &Header) -> bool {
    !header.is("sec-websocket-extensions")
}

/// How the body is framed. A recorded length is made right: what was taken out of a body may have changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// As one chunk.
    Chunked,
    /// By the recorded header, or there is no body.
    Length,
    /// By a header that the recording lacks, as it may with HTTP/2.
    Missing,
}

impl Framing {
    fn of(request: &Request) -> Self {
        let has_body = request.body.as_ref().is_some_and(|body| !body.is_empty());
        match request.header("transfer-encoding") {
            Some(_) => Self::Chunked,
            None if has_body && request.header("content-length").is_none() => Self::Missing,
            None => Self::Length,
        }
    }

    fn put(self, out: &mut BytesMut, body: &[u8]) {
        match self {
            Self::Length | Self::Missing => out.put_slice(body),
            Self::Chunked => {
                if !body.is_empty() {
                    out.put_slice(format!("{:x}\r\n", body.len()).as_bytes());
                    out.put_slice(body);
                    out.put_slice(b"\r\n");
                }
                out.put_slice(b"0\r\n\r\n");
            }
        }
    }
}

fn line(out: &mut BytesMut, name: &str, value: &[u8]) {
    out.put_slice(name.as_bytes());
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::Host;

    fn check(host: Host, headers: &[(&str, &str)], body: Option<&'static str>, expect: &str) {
        let request = Request {
            method: "POST".to_owned(),
            origin: "http://recorded:1".to_owned(),
            target: "\\a#b".to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| Header::new(*name, value.to_string()))
                .collect(),
            body: body.map(Bytes::from),
        };
        let target = Target::new("http://target:2", host).unwrap();
        let bytes = bytes(&request, &target);
        let text = std::str::from_utf8(&bytes).unwrap();
        let text = text.strip_prefix("POST \\a#b HTTP/1.1\r\n").unwrap();
        assert_eq!(text.replace("\r\n", "|"), expect);
    }

    #[test]
    fn lines_keep_their_order_and_case_and_the_length_is_made_right() {
        let headers = [
            ("x-A", "1"),
            ("HOST", "recorded:1"),
            ("content-Length", "99"),
        ];
        check(
            Host::Target,
            &headers,
            Some("{}"),
            "x-A: 1|HOST: target:2|content-Length: 2||{}",
        );
    }

    #[test]
    fn the_host_is_whose_it_is_said_to_be() {
        let recorded = [("Host", "recorded:1")];
        check(Host::Recorded, &recorded, None, "Host: recorded:1||");
        check(Host::Recorded, &[], None, "Host: recorded:1||");
        let named = Host::Named("shop.example".to_owned());
        check(named, &recorded, None, "Host: shop.example||");
    }

    #[test]
    fn a_body_without_a_length_gets_one_and_a_chunked_one_is_chunked() {
        let host = ("Host", "x");
        check(
            Host::Target,
            &[host],
            Some("ab"),
            "Host: target:2|Content-Length: 2||ab",
        );
        let chunked = ("Transfer-Encoding", "chunked");
        check(
            Host::Target,
            &[host, chunked],
            Some("ab"),
            "Host: target:2|Transfer-Encoding: chunked||2|ab|0||",
        );
    }

    #[test]
    fn no_extension_is_offered() {
        check(
            Host::Target,
            &[
                ("Host", "x"),
                ("Sec-WebSocket-Extensions", "permessage-deflate"),
            ],
            None,
            "Host: target:2||",
        );
    }
}
