//! What a plugin answers, as HTTP: checked, because a plugin can write anything.
//!
//! It must not know which plugin. The surprise: nothing is added, no `Content-Type` either; what frames the message
//! (lengths, hop-by-hop headers) is the chassis's and is dropped.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{Response, StatusCode};
use overgrow_handler::Body;

use crate::wit::webhook;

/// Headers that concern one connection or the frame of one message.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What a plugin answered cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Not one of 200 to 599.
    #[error("{0} is no status of an answer")]
    Status(u16),
    /// A name or value that HTTP does not have.
    #[error("`{0}` is no header that can be sent")]
    Header(String),
}

/// Makes the answer.
///
/// # Errors
/// [`Unfit`] when HTTP has no such thing.
pub(super) fn built(answer: webhook::Response) -> Result<Response<Body>, Unfit> {
    let status = StatusCode::from_u16(answer.status).ok();
    let status = status.filter(|status| (200..600).contains(&status.as_u16()));
    let status = status.ok_or(Unfit::Status(answer.status))?;
    let headers = headers(answer.headers)?;
    let body = match status {
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => Body::empty(),
        _ => Body::from(answer.body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn headers(pairs: Vec<(String, String)>) -> Result<HeaderMap, Unfit> {
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let (name, value) = header(&name, &value).ok_or(Unfit::Header(brief(name)))?;
        if !HOP_BY_HOP.contains(&name) {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
    let value = HeaderValue::from_bytes(&bytes.ok()?).ok()?;
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
}

/// Enough of a name to find it by; a plugin may have made it of what a stranger sent.
fn brief(name: String) -> String {
    name.escape_debug().take(64).collect()
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Result<Response<Body>, Unfit> {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        built(webhook::Response {
            status,
            headers: headers.iter().map(owned).collect(),
            body: b"body".to_vec(),
        })
    }

    #[test]
    fn an_answer_has_what_the_plugin_said_and_nothing_else() {
        let response = answer(202, &[("X-A", "1"), ("x-a", "2"), ("x-latin", "é")]);
        let response = response.expect("an answer");
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers().len(), 3);
        assert_eq!(response.headers().get_all("x-a").iter().count(), 2);
        assert_eq!(response.headers()["x-latin"].as_bytes(), b"\xe9");
        assert_eq!(response.body().size_hint().exact(), Some(4));
    }

    #[test]
    fn the_frame_of_a_message_is_not_the_plugins() {
        let framed = [
            ("Content-Length", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "close"),
            ("Keep-Alive", "x"),
        ];
        assert!(
            answer(200, &framed)
                .expect("an answer")
                .headers()
                .is_empty()
        );
        let empty = answer(204, &[]).expect("an answer");
        assert_eq!(empty.body().size_hint().exact(), Some(0));
    }

    #[test]
    fn what_http_does_not_have_is_refused() {
        for status in [0, 100, 101, 199, 600, 65535] {
            let refused = answer(status, &[]).expect_err("no status");
            assert_eq!(refused, Unfit::Status(status));
        }
        for pair in [
            ("a b", "x"),
            ("", "x"),
            ("x", "a\r\nb: c"),
            ("x", "\u{100}"),
        ] {
            assert!(answer(200, &[pair]).is_err(), "{pair:?}");
        }
    }
}
