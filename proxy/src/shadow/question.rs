//! The request as the other side gets it.
//!
//! It is what the first side got, with the framing made anew for a body that is there already: a stale
//! `Content-Length` would hang the other side or smuggle, `Expect` would make it wait.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};
use overgrow_handler::{Body, RequestId};
use overgrow_parity::{Payload, Shape};

use super::eligible::Manner;

/// Marks a shadow request: `1`, or `plan` when nothing may be done.
pub(super) const SHADOW: HeaderName = HeaderName::from_static("x-overgrow-shadow");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-overgrow-request-id");

/// What the first side was asked, without its body.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) uri: Uri,
    version: Version,
    pub(super) headers: HeaderMap,
    pub(super) id: RequestId,
}

impl Question {
    /// Keeps a request's head.
    pub(super) fn of<B>(request: &Request<B>, id: &RequestId) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            id: id.clone(),
        }
    }

    /// The request to send, whole.
    pub(super) fn request(&self, body: Bytes, manner: Manner) -> Request<Body> {
        let mut request = Request::new(Body::from(body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        *request.headers_mut() = self.framed(&body);
        let headers = request.headers_mut();
        headers.insert(SHADOW, mark(manner));
        headers.insert(REQUEST_ID, self.id.header());
        request
    }

    /// A question about the question: would `plan` be understood? It changes nothing, whoever answers.
    pub(super) fn probe(&self) -> Request<Body> {
        let mut request = self.request(Bytes::new(), Manner::Plan);
        *request.method_mut() = Method::OPTIONS;
        request.headers_mut().remove(header::CONTENT_LENGTH);
        request
    }

    /// What kind of request it is, without any value that a client sent.
    pub(super) fn shape(&self, has_body: bool) -> Shape {
        shape(&self.method, &self.uri, &self.headers, has_body)
    }

    fn framed(&self, body: &Bytes) -> HeaderMap {
        let mut headers = self.headers.clone();
        let had_length = headers.remove(header::CONTENT_LENGTH).is_some();
        for name in [header::TRANSFER_ENCODING, header::TRAILER, header::TE] {
            headers.remove(name);
        }
        if headers.get(header::EXPECT).is_some_and(waits) {
            headers.remove(header::EXPECT);
        }
        if had_length || !body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        headers
    }
}

/// The shape of a request.
pub(super) fn shape(method: &Method, uri: &Uri, headers: &HeaderMap, has_body: bool) -> Shape {
    let pairs = uri.query().unwrap_or_default().split('&');
    let names = pairs.filter_map(|pair| pair.split('=').next());
    let names = names.filter(|name| !name.is_empty());
    let kind = headers.get(header::CONTENT_TYPE);
    let payload = match kind.and_then(|kind| kind.to_str().ok()) {
        _ if !has_body => Payload::None,
        Some(kind) => Payload::Typed(kind),
        None => Payload::Untyped,
    };
    Shape::new(method.as_str(), names, payload)
}

/// The body is there already. Any other expectation is part of the question.
fn waits(expect: &HeaderValue) -> bool {
    expect.as_bytes().eq_ignore_ascii_case(b"100-continue")
}

fn mark(manner: Manner) -> HeaderValue {
    match manner {
        Manner::Perform => HeaderValue::from_static("1"),
        Manner::Plan => HeaderValue::from_static("plan"),
    }
}

/// Whether an answer says that nothing was done.
pub(super) fn says_planned(headers: &HeaderMap) -> bool {
    headers.get(SHADOW).is_some_and(|value| value == "plan")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &'static str)], body: &'static str) -> HeaderMap {
        let mut request = Request::post("/a?b").version(Version::HTTP_11);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let id = RequestId::from_bits(7);
        let question = Question::of(&request, &id);
        let request = question.request(Bytes::from_static(body.as_bytes()), Manner::Perform);
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", "/a")
        );
        request.headers().clone()
    }

    #[test]
    fn framing_is_made_anew() {
        let headers = asked(
            &[
                ("host", "h"),
                ("transfer-encoding", "chunked"),
                ("trailer", "x"),
                ("expect", "100-continue"),
            ],
            "four",
        );
        assert_eq!(headers["content-length"], "4");
        assert_eq!(headers["host"], "h");
        assert_eq!(headers[SHADOW], "1");
        assert_eq!(headers[REQUEST_ID], RequestId::from_bits(7).header());
        for gone in ["transfer-encoding", "trailer", "expect"] {
            assert!(!headers.contains_key(gone), "{gone}");
        }
    }

    #[test]
    fn a_stale_length_does_not_stay() {
        assert_eq!(
            asked(&[("content-length", "9")], "four")["content-length"],
            "4"
        );
        assert_eq!(asked(&[("content-length", "0")], "")["content-length"], "0");
        assert!(!asked(&[], "").contains_key("content-length"));
    }

    #[test]
    fn an_expectation_other_than_to_wait_is_part_of_the_question() {
        assert_eq!(asked(&[("expect", "tea")], "")["expect"], "tea");
    }

    #[test]
    fn a_probe_changes_nothing() {
        let request = Request::post("/a")
            .header("content-length", "9")
            .body(())
            .unwrap();
        let probe = Question::of(&request, &RequestId::from_bits(7)).probe();
        assert_eq!(
            (probe.method(), &probe.headers()[SHADOW]),
            (&Method::OPTIONS, &HeaderValue::from_static("plan"))
        );
        assert!(!probe.headers().contains_key("content-length"));
    }
}
