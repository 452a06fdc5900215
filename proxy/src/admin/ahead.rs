//! Whether the pilot has a route, and whether the legacy is still needed: as far as routes.toml alone tells.

use serde_json::{Value, json};

use super::Shown;
use crate::config::RouteConfig;
use crate::gateway::Generation;

/// The pilot's stance on a route.
pub(super) fn pilot(route: &RouteConfig) -> Value {
    match is_piloted(route) {
        true => json!({"state": "on", "why": "gate.auto is set"}),
        false => json!({"state": "off", "why": "gate.auto is not set"}),
    }
}

/// How many routes the pilot has, and how many of those wait for a person.
pub(super) fn pilots(_shown: &Shown, generation: &Generation) -> Value {
    let routes = generation.config.routes.iter();
    let on = routes.filter(|route| is_piloted(route)).count();
    json!({"on": on, "paused": 0})
}

/// What the legacy is still needed for.
pub(super) fn legacy(_shown: &Shown, generation: &Generation) -> Value {
    let routes = generation.config.routes.iter();
    let on_it = routes.filter(|route| route.handler.is_none() || route.rust.percent() < 100.0);
    let ids: Vec<&str> = on_it.map(|route| &*route.id).collect();
    let why = match &ids[..] {
        [] => "whether it is still asked for anything is not known".to_owned(),
        [first] => format!("{first} is not at 100 %"),
        [first, rest @ ..] => format!("{first} and {} more are not at 100 %", rest.len()),
    };
    json!({"needed": true, "idle_seconds": null, "why": why})
}

fn is_piloted(route: &RouteConfig) -> bool {
    route.gate.as_ref().is_some_and(|gate| gate.auto)
}
