//! What clients are told.
//!
//! It decides statuses in one place and knows nothing of why.

use http::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::{Response, StatusCode};
use overgrow_handler::Body;
use overgrow_outbox::{Fault, Message, Posted, Standing, State};
use serde_json::{Map, Value, json};

/// An answer that is no.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    pub(crate) message: String,
    /// The message that is meant instead.
    id: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            id: None,
        }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    pub(crate) fn conflict(id: &str) -> Self {
        let message = "this idempotency key was another message's";
        Self {
            id: Some(id.to_owned()),
            ..Self::new(StatusCode::CONFLICT, "CONFLICT", message)
        }
    }

    pub(crate) fn too_large(most: usize) -> Self {
        let message = format!("a message has at most {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", message)
    }

    pub(crate) fn unavailable(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut body = json!({"ok": false, "error": {"code": self.code, "message": self.message}});
        if let Some(id) = self.id {
            body["id"] = json!(id);
        }
        let mut response = json_response(self.status, &body);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let moment = HeaderValue::from_static("1");
            response.headers_mut().insert(RETRY_AFTER, moment);
        }
        response
    }
}

/// To whoever posted it.
pub(crate) fn of(standing: &Standing) -> Response<Body> {
    let status = match standing.state {
        State::Sent { .. } => StatusCode::OK,
        State::Waiting { .. } => StatusCode::ACCEPTED,
        State::Dead {
            fault: Fault::Message,
            ..
        } => StatusCode::BAD_REQUEST,
        State::Dead {
            fault: Fault::Carriage,
            ..
        } => StatusCode::BAD_GATEWAY,
    };
    let mut response = json_response(status, &told(standing));
    let location = HeaderValue::try_from(format!("{}/{}", crate::BASE, standing.id));
    if let (StatusCode::ACCEPTED, Ok(location)) = (status, location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// To whoever asks for it later: that it failed is then no failure of the asking.
pub(crate) fn asked(standing: &Standing) -> Response<Body> {
    json_response(StatusCode::OK, &told(standing))
}

/// To whoever asked what would be done.
pub(crate) fn planned(message: &Message, key: Option<&str>) -> Response<Body> {
    let body = json!({
        "ok": true,
        "id": Posted::PLANNED,
        "runId": key.unwrap_or(Posted::PLANNED),
        "channel": message.channel,
        "to": message.to,
        "status": "planned",
        "attempts": 0,
    });
    json_response(StatusCode::ACCEPTED, &body)
}

fn told(standing: &Standing) -> Value {
    let (status, error) = match standing.state {
        State::Sent { .. } => ("sent", None),
        State::Waiting { .. } => ("queued", None),
        State::Dead { fault, .. } => ("failed", Some(code(fault))),
    };
    // First, so that a provider cannot call something by a name of ours.
    let mut body = standing.receipt.extra.clone();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    put("ok", json!(error.is_none()));
    put("id", json!(standing.id));
    put(
        "runId",
        json!(standing.key.as_ref().unwrap_or(&standing.id)),
    );
    put("channel", json!(standing.channel));
    put("to", json!(standing.to));
    put("status", json!(status));
    put("attempts", json!(standing.attempts));
    put("acceptedAt", json!(standing.at));
    if let Some(account) = &standing.account {
        put("accountId", json!(account));
    }
    if let Some(reason) = &standing.reason {
        match error {
            Some(code) => put("error", json!({"code": code, "message": reason})),
            None => put("reason", json!(reason)),
        }
    }
    receipt(standing, &mut body);
    Value::Object(body)
}

/// The last of several messages is the one that the gateway's `send` tells.
fn receipt(standing: &Standing, body: &mut Map<String, Value>) {
    let receipt = &standing.receipt;
    if let Some(last) = receipt.message_ids.last() {
        body.insert("messageId".to_owned(), json!(last));
        body.insert("messageIds".to_owned(), json!(receipt.message_ids));
    }
    if let Some(conversation) = &receipt.conversation {
        body.insert("conversationId".to_owned(), json!(conversation));
    }
    if let Some(sent_at) = receipt.sent_at {
        body.insert("sentAt".to_owned(), json!(sent_at));
    }
}

fn code(fault: Fault) -> &'static str {
    match fault {
        Fault::Message => "INVALID_REQUEST",
        Fault::Carriage => "UNAVAILABLE",
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
