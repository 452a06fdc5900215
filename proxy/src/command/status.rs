//! `overgrow status`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{AdminArg, NO, ask, style};
use crate::config::{self, ServerConfig};

pub(super) fn run(file: &Path, asked: &AdminArg) -> ExitCode {
    // A file with faults is no reason not to ask: the sidecar may run on the last good one.
    let server = config::salvage(&std::fs::read_to_string(file).unwrap_or_default());
    let by_file = server.admin.unwrap_or(ServerConfig::default().admin);
    let admin = asked.admin.clone().unwrap_or_else(|| by_file.to_string());
    let token = server.admin_token.and_then(|secret| secret.read().ok());
    let fetch = |path| ask::get(&admin, token.as_deref(), path);
    match fetch("/api/config").and_then(|config| Ok((config, fetch("/api/routes")?))) {
        Ok((config, routes)) => {
            show(&admin, &config, &routes, asked.json);
            match config["synchronized"] == true {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(NO),
            }
        }
        Err(error) => {
            style::complain(&style::with_causes(&error));
            ExitCode::from(NO)
        }
    }
}

fn show(admin: &str, config: &Value, routes: &Value, json: bool) {
    if json {
        let both = json!({"config": config, "routes": routes});
        style::say(format_args!("{both:#}"));
    } else {
        print(admin, config, routes);
    }
}

fn print(admin: &str, config: &Value, routes: &Value) {
    let text = |key: &str| config[key].as_str().unwrap_or_default().to_owned();
    style::say(format_args!(
        "sidecar    {admin}, {} in flight",
        config["in_flight"]
    ));
    style::say(format_args!(
        "routes     {}, generation {}, loaded {}",
        text("file"),
        config["generation"],
        text("loaded_at")
    ));
    match config["error"].as_str() {
        None => style::say("in sync    yes"),
        Some(error) => style::say(format_args!(
            "in sync    NO: the file has faults, the last good one runs\n\n{error}\n"
        )),
    }
    let restart: Vec<&str> = config["needs_restart"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !restart.is_empty() {
        style::say(format_args!(
            "restart    needed for [server] {}",
            restart.join(", ")
        ));
    }
    for upstream in config["upstreams"].as_array().into_iter().flatten() {
        let health = if upstream["healthy"] == true {
            "up"
        } else {
            "DOWN"
        };
        style::say(format_args!(
            "upstream   {} {health}",
            upstream["url"].as_str().unwrap_or_default()
        ));
    }
    let dials: Vec<f64> = routes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|route| route["rust"].as_f64())
        .collect();
    let full = dials.iter().filter(|dial| **dial >= 100.0).count();
    let off = dials.iter().filter(|dial| **dial <= 0.0).count();
    style::say(format_args!(
        "dials      {off} legacy, {} split, {full} rust\n",
        dials.len() - off - full
    ));
    let rows: Vec<_> = routes.as_array().into_iter().flatten().map(row).collect();
    style::print_table(&["ID", "PATH", "HANDLER", "RUST"], &rows);
}

fn row(route: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    vec![
        text(&route["id"]),
        text(&route["match"]["path"]),
        text(&route["handler"]),
        format!("{} %", route["rust"]),
    ]
}
