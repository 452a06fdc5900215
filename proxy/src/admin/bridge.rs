//! `/api/bridge`: what waits for the legacy, and what it refused for good.

use std::time::SystemTime;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use overgrow_bridge::{Bridge, BridgeError, BridgeStatus, DeadLetter};
use serde_json::{Value, json};

use super::{Shown, problem};

/// `GET /api/bridge`: the queue, and the dead letters with their reasons.
pub(super) async fn show(State(shown): State<Shown>) -> Response {
    let Some(bridge) = shown.natives.bridge() else {
        return Json(json!({"open": false})).into_response();
    };
    match bridge.dead_letters().await {
        Ok(letters) => {
            let mut told = status(&bridge.status());
            told["dead_letters"] = letters.iter().map(letter).collect();
            Json(told).into_response()
        }
        Err(error) => refused(&error),
    }
}

/// `POST /api/bridge/dead/{id}` sends a dead letter once more.
pub(super) async fn resend(State(shown): State<Shown>, Path(id): Path<i64>) -> Response {
    match open(&shown) {
        Ok(bridge) => answered(bridge.resend(id).await),
        Err(response) => *response,
    }
}

/// `DELETE /api/bridge/dead/{id}` throws a dead letter away.
pub(super) async fn discard(State(shown): State<Shown>, Path(id): Path<i64>) -> Response {
    match open(&shown) {
        Ok(bridge) => answered(bridge.discard(id).await),
        Err(response) => *response,
    }
}

fn open(shown: &Shown) -> Result<Bridge, Box<Response>> {
    let detail = "no route names a handler that dispatches to the legacy";
    let bridge = shown.natives.bridge();
    bridge.ok_or_else(|| Box::new(problem::of(StatusCode::NOT_FOUND, detail)))
}

fn answered(done: Result<(), BridgeError>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

fn refused(error: &BridgeError) -> Response {
    let status = match error {
        BridgeError::NoSuchLetter(_) => StatusCode::NOT_FOUND,
        BridgeError::Full | BridgeError::TooLarge { .. } => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem::of(status, &error.to_string())
}

fn status(status: &BridgeStatus) -> Value {
    json!({
        "open": true,
        "waiting": status.waiting,
        "in_flight": status.in_flight,
        "dead": status.dead,
        "coalesced": status.coalesced,
        "delivered": status.delivered,
        "connected": status.connected,
        "last_error": status.last_error,
        "oldest_seconds": status.oldest_seconds,
    })
}

fn letter(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "accepted": time(letter.accepted),
        "died": time(letter.died),
        "reason": letter.reason,
        "body": letter.body,
    })
}

fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_millis(at).to_string()
}
