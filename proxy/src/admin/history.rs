//! Who moved a route's dial, when and why.

use std::time::{Duration, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::routes::number;
use super::{Shown, problem};
use crate::ledger::Move;

/// Moves that are shown of one route: all that are remembered.
const SHOWN: usize = 200;

/// `GET /api/routes/{id}/history`, the newest first.
pub(super) async fn list(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    if shown.route(&id).is_none() {
        return problem::no_route(&id);
    }
    let moves = shown.ledger.moves(Some(&id), SHOWN);
    Json(moves.iter().map(as_json).collect::<Vec<_>>()).into_response()
}

/// A move as the API shows it, without its route.
pub(super) fn as_json(moved: &Move) -> Value {
    let at = UNIX_EPOCH + Duration::from_millis(moved.at);
    json!({
        "at": humantime::format_rfc3339_millis(at).to_string(),
        "by": moved.by.name(),
        "from": moved.from.map(number),
        "to": number(moved.to),
        "why": moved.why,
    })
}
