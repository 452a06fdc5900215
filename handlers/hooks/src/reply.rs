//! The answers that the gateway gives, byte for byte.
//!
//! They know nothing of why. The surprise: headers stand in the gateway's order, and what every answer has (`Date`,
//! `Connection`, lengths) is the proxy's to add.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use overgrow_bridge::WakeMode;
use overgrow_handler::Body;
use uuid::Uuid;

use crate::js::Text;
use crate::json::quote;

/// One of the answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// No token, or a wrong one.
    Unauthorized,
    /// Hooks are posted.
    MethodNotAllowed,
    /// No such hook.
    NotFound,
    /// A system event was accepted.
    Woken(WakeMode),
    /// An agent's turn was accepted.
    Running(Uuid),
    /// The payload is at fault; says why.
    Bad(Text),
    /// The body is larger than may be. The gateway means to say this, but closes the connection before it does.
    TooLarge,
    /// A mapping failed.
    MappingFailed,
    /// The queue to the gateway is full or broken. The gateway itself has none.
    Busy,
}

impl Reply {
    /// [`Bad`](Self::Bad), from words of our own.
    pub(crate) fn bad(why: &str) -> Self {
        Self::Bad(Text::from(why))
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body());
        *response.status_mut() = self.status();
        *response.headers_mut() = self.headers();
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Woken(_) => StatusCode::OK,
            Self::Running(_) => StatusCode::ACCEPTED,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MappingFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(2);
        if matches!(self, Self::MethodNotAllowed) {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        if matches!(self, Self::Busy) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        headers
    }

    fn content_type(&self) -> &'static str {
        match self {
            Self::Unauthorized | Self::MethodNotAllowed | Self::NotFound => {
                "text/plain; charset=utf-8"
            }
            _ => "application/json; charset=utf-8",
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::Unauthorized => Body::from("Unauthorized"),
            Self::MethodNotAllowed => Body::from("Method Not Allowed"),
            Self::NotFound => Body::from("Not Found"),
            Self::Woken(WakeMode::Now) => Body::from(r#"{"ok":true,"mode":"now"}"#),
            Self::Woken(WakeMode::NextHeartbeat) => {
                Body::from(r#"{"ok":true,"mode":"next-heartbeat"}"#)
            }
            Self::Running(id) => Body::from(format!(r#"{{"ok":true,"runId":"{id}"}}"#)),
            Self::Bad(why) => failed(why),
            Self::TooLarge => failed(&Text::from("payload too large")),
            Self::MappingFailed => failed(&Text::from("hook mapping failed")),
            Self::Busy => failed(&Text::from("queue to the gateway is full")),
        }
    }
}

fn failed(why: &Text) -> Body {
    let mut json = Text::from(r#"{"ok":false,"error":"#);
    quote(why, &mut json);
    json.push_str("}");
    Body::from(Bytes::from(json.lossy()))
}
