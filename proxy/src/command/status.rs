//! `overgrow status`: what runs, and how far the legacy is replaced.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::ask::Desk;
use super::columns::{Cell, Column, lines, visible};
use super::style::{Paint, Screen};
use super::words::{count, percent};
use super::{AdminArg, NO, pilot, style};

pub(super) fn run(file: &Path, asked: &AdminArg) -> ExitCode {
    let desk = Desk::of(file, asked);
    let config = desk.get("/api/config");
    let told = config.and_then(|config| {
        let routes = desk.get("/api/routes")?;
        Ok((config, routes, desk.get("/api/bridge")?))
    });
    match told {
        Ok((config, routes, bridge)) => {
            show(&desk.address, &config, &routes, &bridge, asked);
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

/// A probe. What the file is like does not matter: a sidecar that runs on the last good one is not to be restarted.
pub(super) fn ready(file: &Path, asked: &AdminArg) -> ExitCode {
    match Desk::of(file, asked).ready() {
        Ok(()) => {
            style::say("ready");
            ExitCode::SUCCESS
        }
        Err(error) => {
            style::complain(&style::with_causes(&error));
            ExitCode::from(NO)
        }
    }
}

fn show(admin: &str, config: &Value, routes: &Value, bridge: &Value, asked: &AdminArg) {
    if asked.json {
        let all = json!({"config": config, "routes": routes, "bridge": bridge});
        return style::say(format_args!("{all:#}"));
    }
    let routes: Vec<&Value> = routes.as_array().into_iter().flatten().collect();
    let mut told = running(admin, config);
    told.extend(upstreams(config));
    told.extend(settings(&config["settings"]));
    told.extend(waiting(bridge));
    told.extend(burn_down(config, &routes));
    told.extend(legacy(&config["legacy"]));
    told.push(String::new());
    let screen = Screen::of_stdout();
    told.extend(table(&routes, &screen));
    if !is_alone(config) {
        told.extend(hindrances(&routes, &screen));
    }
    told.extend(pilot::told(&routes, &screen));
    told.extend(left(&routes, &screen));
    told.extend(unseen(&routes));
    told.iter().for_each(style::say);
}

/// The process, the file, and whether they agree.
fn running(admin: &str, config: &Value) -> Vec<String> {
    let text = |key: &str| visible(config[key].as_str().unwrap_or_default());
    let mut told = vec![
        format!("sidecar    {admin}, {} in flight", config["in_flight"]),
        format!(
            "routes     {}, generation {}, loaded {}",
            text("file"),
            config["generation"],
            text("loaded_at")
        ),
        match config["error"].as_str() {
            None => "in sync    yes".to_owned(),
            Some(error) => {
                format!("in sync    NO: the file has faults, the last good one runs\n\n{error}\n")
            }
        },
    ];
    let restart = config["needs_restart"].as_array().into_iter().flatten();
    let restart: Vec<&str> = restart.filter_map(Value::as_str).collect();
    if !restart.is_empty() {
        told.push(format!(
            "restart    needed for [server] {}",
            restart.join(", ")
        ));
    }
    told
}

fn upstreams(config: &Value) -> Vec<String> {
    let upstreams = config["upstreams"].as_array().into_iter().flatten();
    let line = |upstream: &Value| {
        let health = match upstream["healthy"] == true {
            true => "up",
            false => "DOWN",
        };
        format!("upstream   {} {health}", text(&upstream["url"]))
    };
    upstreams.map(line).collect()
}

/// The legacy's own settings, where handlers go by them.
fn settings(settings: &Value) -> Option<String> {
    let file = settings["file"].as_str()?;
    let state = match settings["error"].as_str() {
        None => format!("loaded {}", text(&settings["loaded_at"])),
        Some(error) => format!("NO: the last good ones hold, if there were any\n\n{error}\n"),
    };
    Some(format!("settings   {}, {}", visible(file), state))
}

/// What was accepted for the legacy and has not reached it.
fn waiting(bridge: &Value) -> Option<String> {
    if bridge["open"] != true {
        return None;
    }
    let counted = |key: &str| count(&bridge[key]);
    let mut told = format!(
        "to legacy  {} delivered, {} waiting",
        counted("delivered"),
        counted("waiting")
    );
    if bridge["dead"].as_u64() > Some(0) {
        told += &format!(", {} DEAD: see /api/bridge", counted("dead"));
    }
    if let Some(error) = bridge["last_error"].as_str() {
        told += &format!("\n           {}", visible(error));
    }
    Some(told)
}

/// How far it has come: by dials, by traffic, by gates.
fn burn_down(config: &Value, routes: &[&Value]) -> Vec<String> {
    let dials = || routes.iter().filter_map(|route| route["rust"].as_f64());
    let full = dials().filter(|dial| *dial >= 100.0).count();
    let off = dials().filter(|dial| *dial <= 0.0).count();
    let split = dials().count() - off - full;
    let holding = routes.iter().filter(|route| gate_holds(route)).count();
    let native = routes.iter().filter(|route| is_native(route)).count();
    let mut told = vec![format!(
        "dials      {off} legacy, {split} split, {full} rust"
    )];
    if !is_alone(config) {
        told.push(format!("gates      {holding} of {} hold", routes.len()));
        told.push(format!(
            "native     {native} of {}: rust answers all of it, the gate holds, and nothing is left to the legacy",
            routes.len()
        ));
    }
    let traffic = &config["traffic"];
    if let Some((share, asked)) = share(traffic) {
        told.push(format!(
            "traffic    {} of {} requests since the start were answered by rust",
            percent(&json!(share)),
            count(&json!(asked))
        ));
    }
    told
}

/// Without a legacy there is nothing to compare with, and no gate to wait for.
fn is_alone(config: &Value) -> bool {
    config["legacy"]["state"] == "gone"
}

/// Whether the legacy can be switched off. An older sidecar does not say.
fn legacy(legacy: &Value) -> Option<String> {
    let why = legacy["why"].as_str()?;
    Some(format!("legacy     {}", visible(why)))
}

/// Rust's share of a traffic, and how much there was; nothing of none.
fn share(traffic: &Value) -> Option<(f64, u64)> {
    let (legacy, rust) = (traffic["legacy"].as_u64()?, traffic["rust"].as_u64()?);
    let all = legacy + rust;
    (all > 0).then(|| (rust as f64 / all as f64, all))
}

fn gate_holds(route: &Value) -> bool {
    route["parity"]["holds"] == true
}

fn is_native(route: &Value) -> bool {
    let leaves = route["leaves"]
        .as_array()
        .is_some_and(|left| !left.is_empty());
    gate_holds(route) && route["rust"].as_f64() >= Some(100.0) && !leaves
}

fn table(routes: &[&Value], screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("ID"),
        Column::Text("PATH"),
        Column::Text("HANDLER"),
        Column::Number("RUST"),
        Column::Number("REQUESTS"),
        Column::Number("NATIVE"),
        Column::Text("GATE"),
    ];
    let rows: Vec<_> = routes.iter().map(|route| row(route)).collect();
    lines(COLUMNS, &rows, screen)
}

fn row(route: &Value) -> Vec<Cell> {
    let (native, asked) = match share(&route["traffic"]) {
        Some((native, asked)) => (percent(&json!(native)), count(&json!(asked))),
        None => ("-".to_owned(), "0".to_owned()),
    };
    let parity = &route["parity"];
    let gate = match gate_holds(route) {
        true => Cell::painted("holds", Paint::Good),
        false => Cell::painted(text(&parity["state"]), paint_of(&parity["state"])),
    };
    vec![
        Cell::new(text(&route["id"])),
        Cell::new(text(&route["match"]["path"])),
        Cell::new(text(&route["handler"])),
        Cell::new(format!("{} %", route["rust"])),
        Cell::new(asked),
        Cell::new(native),
        gate,
    ]
}

fn paint_of(state: &Value) -> Paint {
    match state.as_str() {
        Some("rollback") => Paint::Bad,
        _ => Paint::Unsure,
    }
}

/// What keeps the other routes from a gate that holds. Sentences are too long for a column.
fn hindrances(routes: &[&Value], screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("ROUTE"),
        Column::Text("WHAT ITS GATE WAITS FOR"),
    ];
    let others = routes.iter().filter(|route| !gate_holds(route));
    let rows: Vec<_> = others
        .map(|route| {
            vec![
                Cell::new(text(&route["id"])),
                Cell::new(text(&route["parity"]["why"])),
            ]
        })
        .collect();
    match rows.is_empty() {
        true => Vec::new(),
        false => [vec![String::new()], lines(COLUMNS, &rows, screen)].concat(),
    }
}

/// What the legacy does even where rust answers, and why it cannot be switched off yet.
fn left(routes: &[&Value], screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("ROUTE"),
        Column::Text("WHAT IT LEAVES TO THE LEGACY"),
    ];
    let of_route = |route: &&Value| {
        let id = text(&route["id"]).to_owned();
        let lines = route["leaves"].as_array().cloned().unwrap_or_default();
        let row = move |line: Value| vec![Cell::new(id.clone()), Cell::new(text(&line))];
        lines.into_iter().map(row)
    };
    let rows: Vec<_> = routes.iter().flat_map(of_route).collect();
    match rows.is_empty() {
        true => Vec::new(),
        false => [vec![String::new()], lines(COLUMNS, &rows, screen)].concat(),
    }
}

/// A route that nobody asks for may be gone from the clients, or the table may be wrong.
fn unseen(routes: &[&Value]) -> Vec<String> {
    let is_unseen = |route: &&&Value| {
        share(&route["traffic"]).is_none() && route["parity"]["compared"].as_u64().unwrap_or(0) == 0
    };
    let ids: Vec<&str> = routes
        .iter()
        .filter(is_unseen)
        .map(|route| text(&route["id"]))
        .collect();
    match ids.is_empty() {
        true => Vec::new(),
        false => vec![
            String::new(),
            format!("never seen in traffic: {}", visible(&ids.join(", "))),
        ],
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Value {
        json!([
            {"id": "orders", "match": {"path": "/orders/*"}, "handler": "orders", "rust": 100,
             "traffic": {"legacy": 0, "rust": 1500},
             "parity": {"state": "hold", "holds": true, "compared": 900, "why": "at the last step"}},
            {"id": "hooks", "match": {"path": "/hooks"}, "handler": "hooks", "rust": 25,
             "traffic": {"legacy": 3, "rust": 1},
             "parity": {"state": "hold", "holds": false, "compared": 4, "why": "4 compared are too few"}},
            {"id": "all", "match": {"path": "/*"}, "handler": null, "rust": 0,
             "traffic": {"legacy": 0, "rust": 0},
             "parity": {"state": "hold", "holds": false, "compared": 0, "why": "no handler"}},
        ])
    }

    #[test]
    fn the_burn_down_counts_dials_gates_and_traffic() {
        let routes = routes();
        let routes: Vec<&Value> = routes.as_array().unwrap().iter().collect();
        let config = json!({"traffic": {"legacy": 499, "rust": 1501}});
        assert_eq!(
            burn_down(&config, &routes),
            [
                "dials      1 legacy, 1 split, 1 rust",
                "gates      1 of 3 hold",
                "native     1 of 3: rust answers all of it, the gate holds, and nothing is left to the legacy",
                "traffic    75 % of 2,000 requests since the start were answered by rust",
            ]
        );
    }

    #[test]
    fn the_table_says_what_keeps_a_route_and_which_was_never_seen() {
        let routes = routes();
        let routes: Vec<&Value> = routes.as_array().unwrap().iter().collect();
        assert_eq!(
            table(&routes, &Screen::plain(None)),
            [
                "ID      PATH       HANDLER   RUST  REQUESTS  NATIVE  GATE",
                "orders  /orders/*  orders   100 %     1,500   100 %  holds",
                "hooks   /hooks     hooks     25 %         4    25 %  hold",
                "all     /*         -          0 %         0       -  hold",
            ]
        );
        assert_eq!(
            hindrances(&routes, &Screen::plain(None)),
            [
                "",
                "ROUTE  WHAT ITS GATE WAITS FOR",
                "hooks  4 compared are too few",
                "all    no handler",
            ]
        );
        assert_eq!(unseen(&routes), ["", "never seen in traffic: all"]);
        assert_eq!(left(&routes, &Screen::plain(None)), Vec::<String>::new());
    }

    #[test]
    fn what_is_left_to_the_legacy_is_listed_and_keeps_a_route_from_being_native() {
        let route = json!({"id": "hooks", "rust": 100, "parity": {"holds": true},
                           "leaves": ["agents' turns", "mapping m-skip"]});
        assert!(!is_native(&route));
        assert_eq!(
            left(&[&route], &Screen::plain(None)),
            [
                "",
                "ROUTE  WHAT IT LEAVES TO THE LEGACY",
                "hooks  agents' turns",
                "hooks  mapping m-skip",
            ]
        );
    }

    #[test]
    fn what_waits_for_the_legacy_is_told_where_something_can() {
        assert_eq!(waiting(&json!({"open": false})), None);
        let calm =
            json!({"open": true, "delivered": 1200, "waiting": 0, "dead": 0, "last_error": null});
        assert_eq!(
            waiting(&calm).unwrap(),
            "to legacy  1,200 delivered, 0 waiting"
        );
        let sick =
            json!({"open": true, "delivered": 0, "waiting": 7, "dead": 2, "last_error": "refused"});
        assert_eq!(
            waiting(&sick).unwrap(),
            "to legacy  0 delivered, 7 waiting, 2 DEAD: see /api/bridge\n           refused"
        );
    }

    #[test]
    fn the_legacy_is_told_in_the_words_of_the_sidecar() {
        assert_eq!(legacy(&Value::Null), None);
        let told = legacy(&json!({"needed": true, "why": "needed: it alone answers all"}));
        assert_eq!(told.unwrap(), "legacy     needed: it alone answers all");
    }

    #[test]
    fn without_a_legacy_there_is_no_word_of_gates() {
        let routes = routes();
        let routes: Vec<&Value> = routes.as_array().unwrap().iter().take(1).collect();
        let alone = json!({"legacy": {"state": "gone"}, "traffic": {"legacy": 0, "rust": 3}});
        assert_eq!(
            burn_down(&alone, &routes),
            [
                "dials      0 legacy, 0 split, 1 rust",
                "traffic    100 % of 3 requests since the start were answered by rust",
            ]
        );
    }

    #[test]
    fn settings_are_told_where_handlers_go_by_them() {
        assert_eq!(settings(&Value::Null), None);
        let good =
            json!({"file": "/a/openclaw.json", "loaded_at": "2026-11-21T00:00:00Z", "error": null});
        assert_eq!(
            settings(&good).unwrap(),
            "settings   /a/openclaw.json, loaded 2026-11-21T00:00:00Z"
        );
        let bad = json!({"file": "/a/openclaw.json", "loaded_at": null, "error": "no such file"});
        assert!(
            settings(&bad)
                .unwrap()
                .contains("NO: the last good ones hold")
        );
    }

    #[test]
    fn a_sidecar_that_nobody_asked_has_no_share() {
        let told = burn_down(&json!({"traffic": {"legacy": 0, "rust": 0}}), &[]);
        assert_eq!(told.len(), 3);
    }
}
