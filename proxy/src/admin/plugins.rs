//! `/api/plugins`: what is loaded, what each asks for beside what it was granted, and calls by hand.
//!
//! The surprise: a call by hand plans unless it is told to act, so that looking never sends anything.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use overgrow_handler::{Effect, Effects};
use overgrow_plugins::wit::channel::Delivery;
use overgrow_plugins::wit::tool::{Content, Output};
use overgrow_plugins::{CallError, Plugins};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shown, problem};

/// What a person asks of a plugin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByHand {
    /// The tool, to call one.
    tool: Option<String>,
    /// Its arguments.
    #[serde(default)]
    args: Value,
    /// The addressee, to send a text.
    to: Option<String>,
    /// The text.
    text: Option<String>,
    /// Whether it is carried out; recorded only, if not.
    #[serde(default)]
    perform: bool,
}

/// `GET /api/plugins`: one row each.
pub(super) async fn list(State(shown): State<Shown>) -> Response {
    match open(&shown) {
        Some(plugins) => Json(json!(plugins.list())).into_response(),
        None => Json(json!([])).into_response(),
    }
}

/// `GET /api/plugins/{name}`: imports against grants.
pub(super) async fn one(State(shown): State<Shown>, Path(name): Path<String>) -> Response {
    let inspected = open(&shown).and_then(|plugins| plugins.inspect(&name));
    match inspected {
        Some(inspected) => Json(json!(inspected)).into_response(),
        None => absent(&name),
    }
}

/// `POST /api/plugins/{name}/call`: a tool with arguments, or a text to somebody.
pub(super) async fn call(
    State(shown): State<Shown>,
    Path(name): Path<String>,
    Json(asked): Json<ByHand>,
) -> Response {
    let Some(plugins) = open(&shown).filter(|plugins| plugins.inspect(&name).is_some()) else {
        return absent(&name);
    };
    let (effects, plan) = match asked.perform {
        true => (Effects::performing(), None),
        false => {
            let (effects, plan) = Effects::planning();
            (effects, Some(plan))
        }
    };
    let answer = match (&asked.tool, &asked.to, &asked.text) {
        (Some(tool), None, None) => {
            let arguments = match &asked.args {
                Value::Null => "{}".to_owned(),
                arguments => arguments.to_string(),
            };
            let called = plugins.invoke(&name, tool, &arguments, effects).await;
            called.map(output)
        }
        (None, Some(to), Some(text)) => {
            let sent = plugins.send_text(&name, to, text, effects).await;
            sent.map(delivery)
        }
        _ => {
            let detail = "write \"tool\" and \"args\", or \"to\" and \"text\"";
            return problem::of(StatusCode::BAD_REQUEST, detail);
        }
    };
    let planned = plan.map(|plan| plan.take().iter().map(effect).collect::<Vec<_>>());
    match answer {
        Ok(answer) => Json(json!({"answer": answer, "planned": planned})).into_response(),
        Err(error) => failed(&error),
    }
}

fn open(shown: &Shown) -> Option<Plugins> {
    shown.natives.plugins().map(|opened| opened.plugins)
}

fn absent(name: &str) -> Response {
    let detail = format!("there is no plugin `{name}` in the folder");
    problem::of(StatusCode::NOT_FOUND, &detail)
}

fn failed(error: &CallError) -> Response {
    let status = match error {
        CallError::Absent(_) => StatusCode::NOT_FOUND,
        CallError::Gone | CallError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        CallError::Deadline(_) => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    problem::of(status, &error.to_string())
}

fn output(output: Output) -> Value {
    let details = output.details.as_deref().map(json_or_text);
    json!({
        "content": output.content.into_iter().map(content).collect::<Vec<_>>(),
        "details": details,
        "is_error": output.is_error,
    })
}

fn content(content: Content) -> Value {
    match content {
        Content::Text(text) => json!({"text": text}),
        Content::Json(text) => json!({"json": json_or_text(&text)}),
        Content::Image((kind, bytes)) => json!({"image": kind, "bytes": bytes.len()}),
    }
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn delivery(delivery: Delivery) -> Value {
    match delivery {
        Delivery::Sent(receipt) => json!({"sent": receipt.message_ids}),
        Delivery::Partial((receipt, _, reason)) => {
            json!({"partial": receipt.message_ids, "reason": reason})
        }
        Delivery::Failed((_, reason)) => json!({"failed": reason}),
        Delivery::Unsupported => json!({"failed": "the channel has no such operation"}),
    }
}

fn effect(effect: &Effect) -> Value {
    json!({"kind": effect.kind, "target": effect.target, "detail": effect.detail})
}
