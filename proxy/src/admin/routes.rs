//! The table as JSON, and the one change that can be asked for: a dial.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::parity::Shelf;
use super::{Shown, pilot, problem};
use crate::config::{Auto, GateConfig, RouteConfig};
use crate::edit::{self, EditError, Mark};
use crate::ledger;
use crate::metrics::Traffic;
use crate::reload;
use crate::route::{By, Dial};

/// `GET /api/routes`, in file order.
pub(super) async fn list(State(shown): State<Shown>) -> Json<Vec<Value>> {
    let (traffic, shelf) = (shown.metrics.traffic(), Shelf::of(&shown));
    let generation = shown.running.load();
    let routes = generation.config.routes.iter();
    let running = |route: &RouteConfig| {
        let leaves = generation.leaves(&route.id);
        let pilot = pilot::stance(&shown, route);
        as_it_runs(route, [leaves.into(), pilot], &traffic, &shelf)
    };
    Json(routes.map(running).collect())
}

/// `GET /api/routes/{id}`.
pub(super) async fn one(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    let (traffic, shelf) = (shown.metrics.traffic(), Shelf::of(&shown));
    match shown.route(&id) {
        Some(route) => {
            let leaves = shown.running.load().leaves(&id);
            let told = [leaves.into(), pilot::stance(&shown, &route)];
            Json(as_it_runs(&route, told, &traffic, &shelf)).into_response()
        }
        None => problem::no_route(&id),
    }
}

/// The route as it is written, what it has been through since the start, and how its sides compare.
fn as_it_runs(
    route: &RouteConfig,
    [leaves, pilot]: [Value; 2],
    traffic: &BTreeMap<String, Traffic>,
    shelf: &Shelf,
) -> Value {
    let mut described = describe(route);
    described["traffic"] = counted(traffic.get(&*route.id).copied().unwrap_or_default());
    described["parity"] = shelf.brief(route);
    described["pilot"] = pilot;
    described["leaves"] = leaves;
    described
}

/// Requests of clients by the side that answered.
pub(super) fn counted(traffic: Traffic) -> Value {
    json!({ "legacy": traffic.legacy, "rust": traffic.rust })
}

/// A form of another site cannot send this type without the browser asking first.
pub(super) fn refuse_other_than_json(headers: &HeaderMap) -> Option<Response> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let is_json = kind.split(';').next().map(str::trim) == Some("application/json");
    (!is_json).then(|| {
        problem::of(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send Content-Type: application/json",
        )
    })
}

/// The body of a `PATCH`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    rust: Value,
    #[serde(default)]
    by: Sender,
}

/// Who sends it. Nobody is believed to be the pilot or the command line.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sender {
    #[default]
    Api,
    Page,
}

impl From<Sender> for By {
    fn from(sender: Sender) -> Self {
        match sender {
            Sender::Api => Self::Api,
            Sender::Page => Self::Page,
        }
    }
}

/// `PATCH /api/routes/{id}` edits routes.toml and answers with the route as it then runs.
pub(super) async fn set(
    State(shown): State<Shown>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refused) = refuse_other_than_json(&headers) {
        return refused;
    }
    let Some((dial, by)) = read(&body) else {
        let detail = "send {\"rust\": P} with false, true or a percentage from 0 to 100 with at most two decimals";
        return problem::of(StatusCode::BAD_REQUEST, detail);
    };
    let (route, mark) = (id.clone(), Mark::of(by, ledger::now()));
    let change = move |source: &str| edit::set_dial(source, &route, dial, &mark);
    match refuse_edit(&shown, change).await {
        Some(refused) => refused,
        None => one(State(shown), Path(id)).await,
    }
}

/// Edits routes.toml and has it taken over; the answer of an edit that could not be made.
pub(super) async fn refuse_edit(
    shown: &Shown,
    change: impl Fn(&str) -> Result<String, EditError> + Send + 'static,
) -> Option<Response> {
    let (file, handlers) = (shown.file.clone(), shown.handlers.clone());
    let edit = move || reload::edit(&file, &handlers, change);
    match tokio::task::spawn_blocking(edit).await {
        Ok(Ok(_)) => {
            shown.nudge.look().await;
            None
        }
        Ok(Err(error)) => Some(problem::of(status_of(&error), &error.to_string())),
        Err(_) => {
            let detail = "the edit was given up";
            Some(problem::of(StatusCode::INTERNAL_SERVER_ERROR, detail))
        }
    }
}

fn read(body: &str) -> Option<(Dial, By)> {
    let change: Change = serde_json::from_str(body).ok()?;
    Some((dial_of(&change.rust)?, change.by.into()))
}

fn dial_of(value: &Value) -> Option<Dial> {
    match value {
        Value::Bool(false) => Some(Dial::OFF),
        Value::Bool(true) => Some(Dial::FULL),
        value => Dial::from_percent(value.as_f64()?),
    }
}

pub(super) fn status_of(error: &EditError) -> StatusCode {
    match error {
        EditError::NoSuchRoute(_) => StatusCode::NOT_FOUND,
        _ => StatusCode::CONFLICT,
    }
}

/// A route as the API and `overgrow routes --json` show it.
pub fn describe(route: &RouteConfig) -> Value {
    json!({
        "id": &*route.id,
        "match": describe_match(route),
        "handler": route.handler.as_ref().map(ToString::to_string),
        "rust": number(route.rust.percent()),
        "fallback": route.fallback,
        "shadow": number(route.shadow.sample),
        "gate": route.gate.as_ref().map(describe_gate),
    })
}

fn describe_gate(gate: &GateConfig) -> Value {
    let steps = gate.steps.iter().map(|step| number(step.percent()));
    json!({ "steps": steps.collect::<Value>(), "auto": auto(gate.auto) })
}

/// As routes.toml says it.
fn auto(auto: Auto) -> Value {
    match auto {
        Auto::Off => json!(false),
        Auto::Sidecar => json!(true),
        Auto::Fleet => json!("fleet"),
    }
}

/// `25`, not `25.0`.
pub(super) fn number(percent: f64) -> Value {
    if percent.fract() == 0.0 {
        json!(percent as u64)
    } else {
        json!(percent)
    }
}

fn describe_match(route: &RouteConfig) -> Value {
    let matcher = &route.matcher;
    let methods: Vec<&str> = matcher
        .methods
        .iter()
        .map(|method| method.as_str())
        .collect();
    let mut shown = json!({ "path": matcher.path });
    if !methods.is_empty() {
        shown["methods"] = json!(methods);
    }
    if let Some(host) = &matcher.host {
        shown["host"] = json!(host.to_string());
    }
    if let Some(websocket) = matcher.websocket {
        shown["websocket"] = json!(websocket);
    }
    let condition =
        |value: &Option<String>| value.as_ref().map_or(json!(true), |value| json!(value));
    if !matcher.headers.is_empty() {
        shown["headers"] = matcher
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), condition(value)))
            .collect();
    }
    if !matcher.query.is_empty() {
        shown["query"] = matcher
            .query
            .iter()
            .map(|(name, value)| (name.clone(), condition(value)))
            .collect();
    }
    shown
}
