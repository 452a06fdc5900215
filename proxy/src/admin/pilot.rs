//! Hands a route back to the pilot, and tells how it stands to one.

use axum::Json;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::{refuse_edit, refuse_other_than_json};
use super::{Shown, problem};
use crate::config::RouteConfig;
use crate::edit;
use crate::ledger;
use crate::pilot::State;

/// The body of a `POST`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    resume: bool,
}

/// How the pilot stands to a route: `{"state", "why"}`.
pub(super) fn stance(shown: &Shown, route: &RouteConfig) -> Value {
    let stance = shown.pilot.stance(route);
    json!({ "state": stance.state.name(), "why": stance.why })
}

/// How many routes are the pilot's, and how many of those wait for a person or another build.
pub(super) fn summary(shown: &Shown) -> Value {
    let stances = shown.pilot.stances();
    let waits = |state: &State| matches!(state, State::Paused | State::RolledBack);
    let paused = stances.iter().filter(|(_, state)| waits(state)).count();
    json!({ "on": stances.len(), "paused": paused })
}

/// `POST /api/routes/{id}/pilot` with `{"resume": true}` edits routes.toml and answers with the pilot's stance then.
pub(super) async fn resume(
    extract::State(shown): extract::State<Shown>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refused) = refuse_other_than_json(&headers) {
        return refused;
    }
    let Ok(Wish { resume: true }) = serde_json::from_str(&body) else {
        return problem::of(StatusCode::BAD_REQUEST, "send {\"resume\": true}");
    };
    let route = id.clone();
    let change = move |source: &str| edit::resume(source, &route, ledger::now());
    match refuse_edit(&shown, change).await {
        Some(refused) => refused,
        None => answer(&shown, &id),
    }
}

fn answer(shown: &Shown, id: &str) -> Response {
    match shown.route(id) {
        Some(route) => Json(stance(shown, &route)).into_response(),
        None => problem::no_route(id),
    }
}
