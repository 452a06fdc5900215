//! `overgrow routes`: the table of the file, and beside it what a running sidecar knows of parity.

use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use super::ask::Desk;
use super::columns::{Cell, Column, lines};
use super::style::Screen;
use super::words::{count, percent};
use super::{check, style};
use crate::admin::describe;
use crate::config::RouteConfig;
use crate::sidecar::Builder;

pub(super) fn run(builder: &Builder, file: &Path, json: bool) -> ExitCode {
    let config = match check::read_or_complain(builder, file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let running = Desk::named_by(file).glance("/api/routes");
    let parity = |route: &RouteConfig| parity_of(running.as_ref(), &route.id);
    if json {
        let routes = config.routes.iter();
        let routes: Vec<_> = routes
            .map(|route| described(route, parity(route)))
            .collect();
        style::say(format_args!(
            "{}",
            serde_json::to_string_pretty(&routes).unwrap_or_default()
        ));
    } else {
        let routes = config.routes.iter();
        let rows: Vec<_> = routes.map(|route| row(route, &parity(route))).collect();
        let lines = lines(COLUMNS, &rows, &Screen::of_stdout());
        lines.iter().for_each(style::say);
    }
    ExitCode::SUCCESS
}

/// What the sidecar says of a route; null when nobody answers or it has no such route.
fn parity_of(running: Option<&Value>, id: &str) -> Value {
    let routes = running.and_then(Value::as_array).into_iter().flatten();
    let mut same = routes.filter(|route| route["id"] == id);
    same.next()
        .map(|route| route["parity"].clone())
        .unwrap_or_default()
}

fn described(route: &RouteConfig, parity: Value) -> Value {
    let mut shown = describe(route);
    shown["parity"] = parity;
    shown
}

const COLUMNS: &[Column] = &[
    Column::Text("ID"),
    Column::Number("RUST"),
    Column::Text("HANDLER"),
    Column::Text("STICKY"),
    Column::Number("SHADOW"),
    Column::Text("PARITY"),
    // Last, because it alone may be long; and whole, because it is what the table is read for.
    Column::Text("MATCH"),
];

fn row(route: &RouteConfig, parity: &Value) -> Vec<Cell> {
    let handler = route.handler.as_ref().map(ToString::to_string);
    let shadow = match route.shadow.sample {
        sample if sample > 0.0 => format!("{sample} %"),
        _ => "-".to_owned(),
    };
    [
        route.id.to_string(),
        format!("{} %", route.rust),
        handler.unwrap_or_else(|| "-".to_owned()),
        route.sticky.to_string(),
        shadow,
        so_far(parity),
        matched(route),
    ]
    .map(Cell::new)
    .into()
}

fn so_far(parity: &Value) -> String {
    match parity["compared"].as_u64() {
        None | Some(0) => "-".to_owned(),
        Some(_) => format!(
            "{} of {} differ, at most {}",
            count(&parity["mismatched"]),
            count(&parity["compared"]),
            percent(&parity["bound"])
        ),
    }
}

fn matched(route: &RouteConfig) -> String {
    let matcher = &route.matcher;
    let mut words: Vec<String> = Vec::new();
    if !matcher.methods.is_empty() {
        let methods: Vec<&str> = matcher
            .methods
            .iter()
            .map(|method| method.as_str())
            .collect();
        words.push(methods.join("|"));
    }
    words.push(format!(
        "{}{}",
        matcher
            .host
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        matcher.path
    ));
    let condition = |name: &str, value: &Option<String>| match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    };
    words.extend(
        matcher
            .headers
            .iter()
            .map(|(name, value)| condition(name.as_str(), value)),
    );
    words.extend(
        matcher
            .query
            .iter()
            .map(|(name, value)| condition(&format!("?{name}"), value)),
    );
    match matcher.websocket {
        Some(true) => words.push("websocket".to_owned()),
        Some(false) => words.push("no websocket".to_owned()),
        None => {}
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parity_so_far_is_a_dash_until_something_was_compared() {
        let running = json!([
            {"id": "a", "parity": {"compared": 1200, "mismatched": 3, "bound": 0.0065}},
            {"id": "b", "parity": {"compared": 0, "mismatched": 0, "bound": 1.0}},
        ]);
        let so_far = |running, id| so_far(&parity_of(running, id));
        assert_eq!(
            so_far(Some(&running), "a"),
            "3 of 1,200 differ, at most 0.65 %"
        );
        assert_eq!(so_far(Some(&running), "b"), "-");
        assert_eq!(so_far(Some(&running), "c"), "-");
        assert_eq!(so_far(None, "a"), "-");
    }
}
