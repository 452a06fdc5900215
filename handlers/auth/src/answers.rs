//! The answers that turn a caller away, byte for byte as the legacy gives them.
//!
//! It must not know why. The surprise: they say nothing of what was wrong, for an attacker reads them too.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use overgrow_handler::Body;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// How a 401 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// JSON, as the gateway's programming interfaces do it.
    Gateway,
    /// Plain text, as the webhooks do it.
    Hooks,
}

/// A 401.
pub fn unauthorized(shape: Shape) -> Response<Body> {
    match shape {
        Shape::Gateway => answer(
            JSON,
            r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#,
            StatusCode::UNAUTHORIZED,
        ),
        Shape::Hooks => answer(TEXT, "Unauthorized", StatusCode::UNAUTHORIZED),
    }
}

/// A 405 of something that takes `POST` only.
pub fn method_not_allowed() -> Response<Body> {
    let text = "Method Not Allowed";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    // Before the type: the legacy writes headers in this order.
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("POST"));
    headers.insert(CONTENT_TYPE, TEXT);
    response
}

fn answer(kind: HeaderValue, body: &'static str, status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    #[test]
    fn answers_are_as_long_as_the_legacys() {
        let length = |response: Response<Body>| response.body().size_hint().exact();
        assert_eq!(length(unauthorized(Shape::Gateway)), Some(58));
        assert_eq!(length(unauthorized(Shape::Hooks)), Some(12));
        assert_eq!(length(method_not_allowed()), Some(18));
    }
}
