//! Answers of the sidecar itself, as `application/problem+json` (RFC 9457).

use http::{HeaderValue, Response, StatusCode, header};
use overgrow_handler::{Body, RequestId};
use serde::Serialize;

use super::date;
use crate::backend::{Errand, Fault};
use crate::listen::Refusal;
use crate::route::Side;

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// There is no answer from a backend. The client learns what went wrong, the log also where. When the guard refused
/// the request's own body, that is the answer.
pub(super) fn of_fault(fault: &Fault, request_id: &RequestId, side: Side) -> Response<Body> {
    if let Some(refusal) = Refusal::find(fault) {
        return refused(&refusal, Some(request_id));
    }
    tell(fault, request_id, side);
    problem(fault.status(), detail_of(fault, side), Some(request_id))
}

/// What no route takes is an answer like any other, and anybody may ask for it a thousand times a second.
fn tell(fault: &Fault, request_id: &RequestId, side: Side) {
    let source = std::error::Error::source(fault).map(ToString::to_string);
    match fault {
        Fault::NoLegacy(_) => tracing::debug!(%fault, id = %request_id, "no answer"),
        _ => {
            tracing::warn!(backend = side.name(), %fault, source, id = %request_id, "no answer")
        }
    }
}

/// A request was turned away before any route saw it; the connection ends with the answer.
pub(super) fn refused(refusal: &Refusal, request_id: Option<&RequestId>) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = problem(status, refusal.detail(), request_id);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Names neither hosts nor ports: what stands behind the sidecar is not the client's business.
fn detail_of(fault: &Fault, side: Side) -> &'static str {
    match (fault, side) {
        (Fault::Connect { .. }, Side::Legacy) => "the legacy service cannot be reached",
        (Fault::Connect { .. }, Side::Rust) => "the native service cannot be reached",
        (Fault::ConnectTimeout { .. }, _) => "no connection to the backend in time",
        (Fault::Broken { .. }, _) => "the backend broke off before it answered",
        (Fault::Timeout, _) => "the backend did not answer in time",
        (Fault::ForeignSwitch, _) => "the backend switched to a protocol that is not websocket",
        (Fault::Panicked | Fault::Declined(_) | Fault::Failed(_), _) => "the native handler failed",
        (Fault::RequestBody(_), _) => "the request body could not be read",
        (Fault::NoLegacy(Errand::Unmatched), _) => "no route takes this request",
        (Fault::NoLegacy(Errand::Forced), _) => {
            "x-overgrow-backend asks for the legacy, and there is none"
        }
        (Fault::NoLegacy(Errand::Declined(_)), _) => {
            "the native handler does not do this, and there is no legacy that would"
        }
    }
}

fn problem(status: StatusCode, detail: &str, request_id: Option<&RequestId>) -> Response<Body> {
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = Problem {
        r#type: "about:blank",
        title,
        status: status.as_u16(),
        detail,
        request_id: request_id.map(RequestId::as_str),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    date::add(headers);
    if let Some(id) = request_id {
        headers.insert("x-request-id", id.header());
    }
    response
}
