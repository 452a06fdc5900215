//! `POST /api/routes/{id}/accept`: a difference that somebody looked at becomes a rule in routes.toml.
//!
//! Values come from the evidence, never from whoever asks. The surprise: evidence has lost its secrets and its length by
//! then, and a value that is not known whole is left out of the rule, which then holds for any value; that is said.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use overgrow_parity::KeyReport;
use serde::Deserialize;
use serde_json::{Value, json};

use super::parity::Shelf;
use super::routes::{refuse_other_than_json, status_of};
use super::{Shown, problem};
use crate::edit::{self, EditError, Expected, Rule, Ruled};
use crate::ledger::redact::{MASK, OMITTED};
use crate::reload;

/// What stands in a preview for a reason that was not given yet.
const NO_REASON: &str = "..";

/// A reason is a line for people.
const LONGEST_REASON: usize = 500;

/// The body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    place: String,
    kind: String,
    #[serde(rename = "as")]
    kind_of_rule: KindOfRule,
    #[serde(default)]
    why: String,
    #[serde(default, rename = "preview")]
    is_preview: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindOfRule {
    Expect,
    Ignore,
}

/// Answers with the rule, the line it stands on and what is to be known of it.
pub(super) async fn accept(
    State(shown): State<Shown>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refused) = refuse_other_than_json(&headers) {
        return refused;
    }
    let wanted = match wanted(&body) {
        Ok(wanted) => wanted,
        Err(detail) => return problem::of(StatusCode::BAD_REQUEST, detail),
    };
    let Some(route) = shown.route(&id) else {
        return problem::no_route(&id);
    };
    let Some(report) = Shelf::of(&shown).difference(&route, &wanted.place, &wanted.kind) else {
        return problem::of(
            StatusCode::NOT_FOUND,
            "the evidence has no such difference; it begins anew whenever the route's rules change",
        );
    };
    let (rule, notes) = match rule(&report, &wanted) {
        Ok(ruled) => ruled,
        Err(detail) => return problem::of(StatusCode::CONFLICT, &detail),
    };
    match put(&shown, &id, rule, wanted.is_preview).await {
        Ok(Ruled { rule, line, .. }) => {
            Json(json!({"rule": rule, "line": line, "notes": notes})).into_response()
        }
        Err(error) => problem::of(status_of(&error), &error.to_string()),
    }
}

fn wanted(body: &str) -> Result<Wanted, &'static str> {
    let wanted: Wanted = serde_json::from_str(body).map_err(|_| {
        "send {\"place\": P, \"kind\": K, \"as\": \"expect\" or \"ignore\", \"why\": \"..\"}; \"preview\": true writes nothing"
    })?;
    let needs_reason = matches!(wanted.kind_of_rule, KindOfRule::Expect) && !wanted.is_preview;
    if needs_reason && wanted.why.trim().is_empty() {
        return Err("say why it is meant, for whoever reads it next");
    }
    if wanted.why.chars().count() > LONGEST_REASON {
        return Err("say why in at most 500 characters");
    }
    Ok(wanted)
}

/// Writes the rule, or only tells what would be written.
async fn put(shown: &Shown, id: &str, rule: Rule, is_preview: bool) -> Result<Ruled, EditError> {
    let (file, handlers, route) = (shown.file.clone(), shown.handlers.clone(), id.to_owned());
    let edit = move || {
        let change = |source: &str| Ok(edit::add_rule(source, &route, &rule)?.text);
        let edited = match is_preview {
            true => reload::rehearse(&file, &handlers, change),
            false => reload::edit(&file, &handlers, change),
        }?;
        edit::add_rule(&edited.before, &route, &rule)
    };
    let given_up = |_| EditError::Refused("it was given up".into());
    let ruled = tokio::task::spawn_blocking(edit)
        .await
        .map_err(given_up)??;
    if !is_preview {
        tracing::info!(
            route = id,
            rule = ruled.rule,
            line = ruled.line,
            "a difference was accepted"
        );
        shown.nudge.look().await;
    }
    Ok(ruled)
}

/// The rule for a difference, and what is to be known of it; or why there can be none.
fn rule(report: &KeyReport, wanted: &Wanted) -> Result<(Rule, Vec<String>), String> {
    let at = report.key.place.as_str();
    if matches!(wanted.kind_of_rule, KindOfRule::Ignore) {
        return Ok((Rule::Ignore(at.to_owned()), Vec::new()));
    }
    let mut notes = Vec::new();
    let mut side = |name: &str, shown: &Option<String>| match said(at, shown.as_deref()?) {
        Ok(value) => Some(value),
        Err(reason) => {
            notes.push(format!("any value of {name} is accepted: {reason}"));
            None
        }
    };
    let (legacy, rust) = (side("legacy", &report.legacy), side("rust", &report.rust));
    if legacy.is_none() && rust.is_none() {
        let reasons = notes
            .join("; ")
            .replace("any value of", "the value of")
            .replace("is accepted", "is not known");
        return Err(format!("{reasons}. Ignore the place instead"));
    }
    let why = match wanted.why.trim() {
        "" => NO_REASON,
        why => why,
    };
    let why = why.to_owned();
    Ok((
        Rule::Expect(Expected {
            at: at.to_owned(),
            legacy,
            rust,
            why,
        }),
        notes,
    ))
}

/// What a side said, or why it cannot be written down.
fn said(at: &str, shown: &str) -> Result<Value, &'static str> {
    if shown.contains(MASK) || shown.contains(OMITTED) {
        return Err("it is or holds a secret, which is not kept");
    }
    if shown.contains(['…', '⏎', '\u{fffd}']) {
        return Err("it is kept shortened");
    }
    let value = match at {
        "status" => shown.parse::<u16>().ok().map(Value::from),
        _ if at.starts_with("header:") => Some(shown.into()),
        _ if at.starts_with("json:") => serde_json::from_str(shown).ok(),
        _ => None,
    };
    let value = value.ok_or("only a part of it is kept")?;
    match has_null(&value) {
        true => Err("routes.toml has no word for null"),
        false => Ok(value),
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at: &str, shown: &str, expect: Option<Value>) {
        assert_eq!(said(at, shown).ok(), expect, "{at} {shown}");
    }

    #[test]
    fn what_is_known_whole_can_be_written() {
        check("status", "500", Some(json!(500)));
        check("header:location", "/a", Some(json!("/a")));
        check("json:/a", "\"x\"", Some(json!("x")));
        check(
            "json:/a/*/b",
            "{\"c\":[1,2.5]}",
            Some(json!({"c": [1, 2.5]})),
        );
    }

    #[test]
    fn what_is_not_is_left_out() {
        check("json:/token", "[redacted]", None);
        check("json:/a", "{\"token\":\"[redacted]\"}", None);
        check("json:/a", "\"a long te…", None);
        check("header:x-lines", "a⏎b", None);
        check("json:/a", "null", None);
        check("json:/a", "[1,null]", None);
        check("body", "hello", None);
        check("body", "12 bytes", None);
    }

    #[test]
    fn a_reason_may_be_missing_from_a_preview_only() {
        let body = |rest: &str| {
            format!("{{\"place\": \"status\", \"kind\": \"status\", \"as\": \"expect\"{rest}}}")
        };
        assert!(wanted(&body("")).is_err());
        assert!(wanted(&body(", \"why\": \" \"")).is_err());
        assert!(wanted(&body(", \"preview\": true")).is_ok());
        assert!(wanted(&body(", \"why\": \"meant\"")).is_ok());
        assert!(wanted(&body(", \"value\": 5")).is_err());
    }
}
