//! `overgrow routes`.

use std::path::Path;
use std::process::ExitCode;

use super::{check, style};
use crate::admin::describe;
use crate::config::RouteConfig;
use crate::sidecar::Builder;

pub(super) fn run(builder: &Builder, file: &Path, json: bool) -> ExitCode {
    let config = match check::read_or_complain(builder, file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if json {
        let routes: Vec<_> = config.routes.iter().map(describe).collect();
        style::say(format_args!(
            "{}",
            serde_json::to_string_pretty(&routes).unwrap_or_default()
        ));
    } else {
        let rows: Vec<_> = config.routes.iter().map(row).collect();
        style::print_table(
            &["ID", "RUST", "HANDLER", "STICKY", "SHADOW", "MATCH"],
            &rows,
        );
    }
    ExitCode::SUCCESS
}

fn row(route: &RouteConfig) -> Vec<String> {
    let handler = route
        .handler
        .as_ref()
        .map_or_else(|| "-".to_owned(), ToString::to_string);
    let shadow = if route.shadow.sample > 0.0 {
        format!("{} %", route.shadow.sample)
    } else {
        "-".to_owned()
    };
    vec![
        route.id.to_string(),
        format!("{} %", route.rust),
        handler,
        route.sticky.to_string(),
        shadow,
        // Last, because it alone may be long.
        matched(route),
    ]
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
