//! `GET /api/parity/{id}/samples`: requests that were answered differently, to be looked at and asked again.
//!
//! The ledger took the secrets out before it kept them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::super::{Shown, problem};
use crate::ledger::Filter;

/// Samples in one answer when nobody says how many.
const SOME: u32 = 20;
/// Samples in one answer at most: each may have three bodies of 64 KiB.
const MOST: u32 = 200;

/// Which samples are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct Wanted {
    place: Option<String>,
    kind: Option<String>,
    limit: Option<u32>,
}

/// The newest first.
pub(in crate::admin) async fn list(
    State(shown): State<Shown>,
    Path(id): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    if shown.route(&id).is_none() {
        return problem::no_route(&id);
    }
    let Ok(Query(Wanted { place, kind, limit })) = wanted else {
        let detail = "send place, kind and limit, or none of them";
        return problem::of(StatusCode::BAD_REQUEST, detail);
    };
    let filter = Filter { place, kind };
    let limit = limit.unwrap_or(SOME).min(MOST);
    let ledger = shown.ledger.clone();
    // It waits for the disk.
    let found = tokio::task::spawn_blocking(move || ledger.samples(&id, filter, limit)).await;
    match found {
        Ok(Ok(samples)) => Json(samples).into_response(),
        Ok(Err(error)) => problem::of(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
        Err(_) => problem::of(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the reading was given up",
        ),
    }
}
