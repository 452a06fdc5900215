//! `/api/trend` and `/api/trends`: the last half hour, to be drawn.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::overview::rounded;
use super::{Shown, problem};
use crate::metrics::Role;
use crate::trend::{Line, Rates, STEP, Share};

/// Samples in one point of a sparkline: 30 seconds.
const SPARK: usize = 6;

/// Whose trend is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    route: Option<String>,
}

/// `GET /api/trend?route=ID`; without a route, all of them together.
pub(super) async fn one(
    State(shown): State<Shown>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let Ok(Query(Wanted { route })) = wanted else {
        return problem::of(StatusCode::BAD_REQUEST, "send route=ID, or nothing");
    };
    if let Some(id) = route.as_deref().filter(|id| shown.route(id).is_none()) {
        return problem::no_route(id);
    }
    let line = shown.trend.read(|history| history.line(route.as_deref()));
    Json(as_json(&line)).into_response()
}

/// `GET /api/trends`: requests per second of every route that was asked in the last half hour.
pub(super) async fn all(State(shown): State<Shown>) -> Json<Value> {
    let (at, sparks) = shown.trend.read(|history| history.sparks(SPARK));
    let generation = shown.running.load();
    let ids = generation.config.routes.iter().map(|route| &*route.id);
    let routes: serde_json::Map<String, Value> = ids
        .filter_map(|id| Some((id.to_owned(), spark(sparks.get(id)?))))
        .collect();
    Json(json!({"step": STEP.as_secs() * SPARK as u64, "at": at, "routes": routes}))
}

fn spark([legacy, rust]: &[Vec<f64>; 2]) -> Value {
    let rounded = |rps: &[f64]| rps.iter().map(|rps| rounded(*rps, 2)).collect::<Vec<_>>();
    json!({"legacy": rounded(legacy), "rust": rounded(rust)})
}

fn as_json(line: &Line) -> Value {
    json!({
        "step": STEP.as_secs(),
        "at": line.at,
        "legacy": share(&line.legacy),
        "rust": share(&line.rust),
    })
}

fn share(share: &Share) -> Value {
    let each = |of: fn(&Rates) -> f64, digits| -> Vec<Option<f64>> {
        let rates = share.rates.iter();
        rates
            .map(|rates| rates.as_ref().map(|rates| rounded(of(rates), digits)))
            .collect()
    };
    json!({
        "role": match share.role {
            Role::Primary => "primary",
            Role::Shadow => "shadow",
        },
        "rps": each(|rates| rates.rps, 2),
        "errors": each(|rates| rates.errors, 5),
        "p50": each(|rates| rates.p50, 6),
        "p99": each(|rates| rates.p99, 6),
    })
}
