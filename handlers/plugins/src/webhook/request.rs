//! An HTTP request as a plugin sees it: bytes as they came, so that the provider's signature over them holds.
//!
//! It must not know which plugin. The surprise: header values are bytes read as Latin-1, as Node reads them, and names
//! are in lower case, as HTTP/2 has them and the chassis keeps them.

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;
use overgrow_handler::Call;

use crate::wit::webhook::Request;

/// The scheme and authority by which clients reach us, such as `https://hooks.example.com`, in a request's extensions.
/// Whoever puts it there has asked trusted proxies only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(pub String);

/// Makes the plugin's view of a request. `received` is when it came, Unix milliseconds.
pub(super) fn seen(route: &str, head: &Parts, body: &Bytes, received: u64) -> Request {
    let path_and_query = head.uri.path_and_query();
    Request {
        route: route.to_owned(),
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: headers(&head.headers),
        body: body.to_vec(),
        public_url: public_url(head) + path_and_query.map_or("/", PathAndQuery::as_str),
        peer: head
            .extensions
            .get::<Call>()
            .map(|call| call.client.to_string()),
        received_at: received,
    }
}

/// In wire order as far as the chassis keeps it: names in the order of their first appearance, each with all its values.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), latin1(value.as_bytes()))
    };
    headers.iter().map(pair).collect()
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Without the extension the request's own word is taken: its authority, else its `Host`.
fn public_url(head: &Parts) -> String {
    if let Some(PublicUrl(url)) = head.extensions.get() {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = head.uri.scheme_str().unwrap_or("http");
    let host = head.headers.get(HOST).map(|host| latin1(host.as_bytes()));
    let host = head
        .uri
        .authority()
        .map(|authority| authority.to_string())
        .or(host);
    format!("{scheme}://{}", host.as_deref().unwrap_or("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Parts {
        let request = build(http::Request::builder()).body(());
        request.expect("a request").into_parts().0
    }

    fn look(head: &Parts) -> Request {
        seen("r", head, &Bytes::from_static(b"\x00\xff"), 7)
    }

    #[test]
    fn everything_is_as_it_came() {
        let head = head(|request| {
            request
                .method("POST")
                .uri("/hook/%7Ea//b?x=%20&y")
                .header("host", "hooks.example:8443")
                .header(
                    "x-sig",
                    HeaderValue::from_bytes(b"caf\xe9").expect("a value"),
                )
                .header("x-twice", "1")
                .header("x-twice", "2")
        });
        let seen = look(&head);
        assert_eq!((&*seen.method, &*seen.path), ("POST", "/hook/%7Ea//b"));
        assert_eq!(seen.query.as_deref(), Some("x=%20&y"));
        assert_eq!(seen.body, [0, 255]);
        assert_eq!(seen.received_at, 7);
        assert_eq!(
            seen.public_url,
            "http://hooks.example:8443/hook/%7Ea//b?x=%20&y"
        );
        let pairs: Vec<_> = seen.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(
            pairs,
            [
                ("host", "hooks.example:8443"),
                ("x-sig", "café"),
                ("x-twice", "1"),
                ("x-twice", "2"),
            ]
        );
    }

    #[test]
    fn the_proxys_word_counts_before_the_clients() {
        let mut head = head(|request| request.uri("/h").header("host", "evil.example"));
        head.extensions
            .insert(PublicUrl("https://hooks.example/".to_owned()));
        assert_eq!(look(&head).public_url, "https://hooks.example/h");
    }

    #[test]
    fn a_query_that_is_empty_is_one() {
        assert_eq!(look(&head(|r| r.uri("/h?"))).query.as_deref(), Some(""));
        assert_eq!(look(&head(|r| r.uri("/h"))).query, None);
    }
}
