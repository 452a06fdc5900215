//! `overgrow parity`: how the two sides compare, as the running sidecar has it.
//!
//! It reads what the API says and judges nothing. What it prints are pure functions of that answer.

use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use serde_json::Value;

use super::ask::{Desk, Unasked};
use super::columns::{Cell, Column, lines, visible};
use super::style::{Paint, Screen};
use super::words::{ago, count, percent, segment, trimmed};
use super::{AdminArg, NO, style};

pub(super) fn run(file: &Path, asked: &AdminArg, route: Option<&str>) -> ExitCode {
    match fetch(&Desk::of(file, asked), route) {
        Ok(answer) => {
            show(&answer, route, asked);
            exit_code(&answer)
        }
        Err(error) => {
            style::complain(&style::with_causes(&error));
            ExitCode::from(NO)
        }
    }
}

fn fetch(desk: &Desk, route: Option<&str>) -> Result<Value, Unasked> {
    match route {
        Some(route) => desk.get(&format!("/api/parity/{}", segment(route))),
        None => desk.get("/api/parity"),
    }
}

fn show(answer: &Value, route: Option<&str>, asked: &AdminArg) {
    let screen = Screen::of_stdout();
    let now = SystemTime::now();
    let lines = match (asked.json, route) {
        (true, _) => vec![format!("{answer:#}")],
        (false, Some(_)) => report(answer, now, &screen),
        (false, None) => overview(answer, &screen),
    };
    lines.iter().for_each(style::say);
}

/// No, when any answer that was asked about differs and is not known to be noise.
fn exit_code(answer: &Value) -> ExitCode {
    let differs = |route: &Value| route["mismatched"].as_u64() != Some(0);
    let any = match answer.as_array() {
        Some(routes) => routes.iter().any(differs),
        None => differs(answer),
    };
    ExitCode::from(if any { NO } else { 0 })
}

/// One line per route.
fn overview(routes: &Value, screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("ROUTE"),
        Column::Text("STATE"),
        Column::Number("COMPARED"),
        Column::Number("MISMATCHED"),
        Column::Number("AT MOST"),
        Column::Number("PLACES"),
        Column::Elastic("WHY"),
    ];
    let row = |route: &Value| {
        vec![
            cell(&route["route"]),
            state(route),
            Cell::new(count(&route["compared"])),
            mismatched(route),
            Cell::new(bound(route)),
            Cell::new(count(&route["differences"])),
            cell(&route["why"]),
        ]
    };
    lines(COLUMNS, &all(routes).map(row).collect::<Vec<_>>(), screen)
}

/// One route: the verdict, what it rests on, and where the answers differ.
fn report(route: &Value, now: SystemTime, screen: &Screen) -> Vec<String> {
    let mut told = vec![verdict(route, screen), sum(route), age(route, now)];
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            told.push(String::new());
            if !title.is_empty() {
                told.push(screen.paint(Paint::Title, title));
            }
            told.extend(lines);
        }
    };
    section("", differences(route, now, screen));
    section("", conditions(route, screen));
    section("Not compared", missed(route));
    section(
        "Rules that matched nothing for a day",
        items(&route["dead_rules"]),
    );
    section(
        "Requests seen and never compared",
        items(&route["shapes_never_compared"]),
    );
    section(
        "Looks like noise; if it is, write",
        items(&route["suggested_rules"]),
    );
    told
}

fn verdict(route: &Value, screen: &Screen) -> String {
    let state = text(&route["state"]);
    format!(
        "{}: {}, {}",
        screen.paint(Paint::Title, &visible(text(&route["route"]))),
        screen.paint(paint_of_state(route), state),
        visible(text(&route["why"]))
    )
}

fn sum(route: &Value) -> String {
    let ledger = &route["ledger"];
    let mut parts = vec![
        format!("{} compared", count(&route["compared"])),
        format!("{} mismatched", count(&route["mismatched"])),
    ];
    for (key, word) in [
        ("equal_by_class", "equal by class"),
        ("expected", "expected"),
        ("noise", "noise"),
    ] {
        if ledger[key].as_u64().is_some_and(|number| number > 0) {
            parts.push(format!("{} {word}", count(&ledger[key])));
        }
    }
    match route["compared"].as_u64() {
        // Of nothing compared there is no bound to speak of.
        Some(0) | None => parts.join(", "),
        Some(_) => format!(
            "{}; at most {} differ (95 %)",
            parts.join(", "),
            bound(route)
        ),
    }
}

fn age(route: &Value, now: SystemTime) -> String {
    let since = match route["since"].as_str() {
        Some(_) => format!("watched for {}", ago(&route["since"], now)),
        None => "not watched yet".to_owned(),
    };
    let last = match route["last_mismatch"].as_str() {
        Some(_) => format!(", last mismatch {} ago", ago(&route["last_mismatch"], now)),
        None => String::new(),
    };
    let latency = match route["latency"]["ratio"].as_f64() {
        Some(ratio) => format!(", rust takes {ratio:.2} times as long"),
        None => String::new(),
    };
    format!("{since}{last}{latency}")
}

fn differences(route: &Value, now: SystemTime, screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Elastic("PLACE"),
        Column::Text("KIND"),
        Column::Number("COUNT"),
        Column::Text("STATE"),
        Column::Elastic("LEGACY"),
        Column::Elastic("RUST"),
        Column::Number("SINCE"),
    ];
    let row = |difference: &Value| {
        vec![
            cell(&difference["place"]),
            cell(&difference["kind"]),
            Cell::new(count(&difference["count"])),
            standing(&difference["state"]),
            cell(&difference["legacy"]),
            cell(&difference["rust"]),
            Cell::new(ago(&difference["since"], now)),
        ]
    };
    table(COLUMNS, all(&route["differences"]).map(row), screen)
}

fn conditions(route: &Value, screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("CONDITION"),
        Column::Text("HOLDS"),
        Column::Number("VALUE"),
        Column::Number("THRESHOLD"),
        Column::Number("N"),
    ];
    let holds = |condition: &Value| match condition["holds"] == true {
        true => Cell::painted("yes", Paint::Good),
        false => Cell::painted("no", Paint::Unsure),
    };
    let row = |condition: &Value| {
        vec![
            cell(&condition["name"]),
            holds(condition),
            Cell::new(figure(&condition["value"], unit(condition))),
            Cell::new(figure(&condition["threshold"], unit(condition))),
            Cell::new(count(&condition["n"])),
        ]
    };
    table(COLUMNS, all(&route["conditions"]).map(row), screen)
}

/// Nothing at all without rows: a heading alone tells nothing.
fn table(
    columns: &[Column],
    rows: impl Iterator<Item = Vec<Cell>>,
    screen: &Screen,
) -> Vec<String> {
    let rows: Vec<_> = rows.collect();
    match rows.is_empty() {
        true => Vec::new(),
        false => lines(columns, &rows, screen),
    }
}

fn missed(route: &Value) -> Vec<String> {
    let missed = route["ledger"]["missed"].as_object().into_iter().flatten();
    let some = missed.filter(|(_, number)| number.as_u64() != Some(0));
    some.map(|(why, number)| format!("  {} {}", count(number), visible(&why.replace('_', " "))))
        .collect()
}

fn items(list: &Value) -> Vec<String> {
    all(list)
        .map(|item| format!("  {}", visible(text(item))))
        .collect()
}

fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn cell(value: &Value) -> Cell {
    Cell::new(text(value))
}

fn state(route: &Value) -> Cell {
    Cell::painted(text(&route["state"]), paint_of_state(route))
}

fn paint_of_state(route: &Value) -> Paint {
    match route["state"].as_str() {
        Some("promote") => Paint::Good,
        Some("rollback") => Paint::Bad,
        _ if route["holds"] == true => Paint::Good,
        _ => Paint::Unsure,
    }
}

fn standing(state: &Value) -> Cell {
    let paint = match state.as_str() {
        Some("real") => Paint::Bad,
        Some("learning") => Paint::Unsure,
        _ => Paint::Quiet,
    };
    Cell::painted(text(state), paint)
}

fn mismatched(route: &Value) -> Cell {
    let number = count(&route["mismatched"]);
    match route["mismatched"].as_u64() {
        Some(0) | None => Cell::new(number),
        Some(_) => Cell::painted(number, Paint::Bad),
    }
}

fn bound(route: &Value) -> String {
    match route["compared"].as_u64() {
        Some(0) | None => "-".to_owned(),
        Some(_) => percent(&route["bound"]),
    }
}

/// What a condition is measured in; one that is not known here has a bare number.
fn unit(condition: &Value) -> &'static str {
    match condition["name"].as_str() {
        Some("mismatch" | "lost") => " %",
        Some("hold") => " s",
        Some("errors") => " points",
        Some("latency") => " times",
        _ => "",
    }
}

fn figure(value: &Value, unit: &str) -> String {
    match value.as_f64() {
        None => "-".to_owned(),
        Some(number) => {
            let digits = match number.abs() {
                large if large >= 100.0 => 0,
                middle if middle >= 1.0 => 2,
                _ => 4,
            };
            format!("{}{unit}", trimmed(&format!("{number:.digits$}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn orders() -> Value {
        json!({
            "route": "orders", "compared": 1200, "mismatched": 3, "bound": 0.0065,
            "state": "hold", "why": "mismatch bound 0.65 % of 1,200 compared is not below 0.1 %",
            "epoch": 2, "since": "1970-01-01T00:00:00Z", "last_mismatch": "1970-01-01T01:00:00Z",
            "ledger": {"noise": 40, "expected": 0, "missed": {"client_left": 1, "timeout": 0}},
            "latency": {"ratio": 0.8123},
            "differences": [
                {"place": "json:/price", "kind": "value", "count": 3, "state": "real",
                 "legacy": "5", "rust": "6\u{1b}[2J", "since": "1970-01-01T00:58:00Z"},
                {"place": "header:etag", "kind": "missing", "count": 40, "state": "noise",
                 "legacy": "present", "rust": null, "since": "1970-01-01T00:00:00Z"},
            ],
            "conditions": [
                {"name": "mismatch", "holds": false, "value": 0.65, "threshold": 0.1, "n": 1200},
                {"name": "latency", "holds": true, "value": 0.9, "threshold": 1.25, "n": 1200},
            ],
            "dead_rules": ["ignore json:/old"],
            "shapes_never_compared": ["PUT ?dry"],
            "suggested_rules": [],
        })
    }

    #[test]
    fn a_report_has_the_verdict_above_the_table() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(3 * 3600);
        let told = report(&orders(), now, &Screen::plain(None));
        let expect = "\
orders: hold, mismatch bound 0.65 % of 1,200 compared is not below 0.1 %
1,200 compared, 3 mismatched, 40 noise; at most 0.65 % differ (95 %)
watched for 3 h, last mismatch 2 h ago, rust takes 0.81 times as long

PLACE        KIND     COUNT  STATE  LEGACY   RUST        SINCE
json:/price  value        3  real   5        6\\u{1b}[2J    2 h
header:etag  missing     40  noise  present  -             3 h

CONDITION  HOLDS      VALUE   THRESHOLD      N
mismatch   no        0.65 %       0.1 %  1,200
latency    yes    0.9 times  1.25 times  1,200

Not compared
  1 client left

Rules that matched nothing for a day
  ignore json:/old

Requests seen and never compared
  PUT ?dry";
        assert_eq!(told.join("\n"), expect);
    }

    #[test]
    fn a_route_without_evidence_says_so_in_three_lines() {
        let route = json!({
            "route": "new", "compared": 0, "mismatched": 0, "bound": 1.0, "state": "hold",
            "why": "nothing compared yet", "since": null, "differences": [], "conditions": [],
        });
        let told = report(&route, SystemTime::UNIX_EPOCH, &Screen::plain(None));
        assert_eq!(
            told,
            [
                "new: hold, nothing compared yet",
                "0 compared, 0 mismatched",
                "not watched yet",
            ]
        );
    }

    #[test]
    fn without_a_route_there_is_a_line_for_each() {
        let mut orders = orders();
        orders["differences"] = json!(2);
        let told = overview(&json!([orders]), &Screen::plain(Some(80)));
        assert_eq!(
            told,
            [
                "ROUTE   STATE  COMPARED  MISMATCHED  AT MOST  PLACES  WHY",
                "orders  hold      1,200           3   0.65 %       2  mismatch bound 0.65 % of …",
            ]
        );
    }

    #[test]
    fn only_mismatches_are_a_no() {
        let code = |answer: &Value| format!("{:?}", exit_code(answer));
        let yes = format!("{:?}", ExitCode::SUCCESS);
        let quiet = json!({"mismatched": 0});
        assert_eq!(code(&quiet), yes);
        assert_eq!(code(&json!([quiet, quiet])), yes);
        assert_ne!(code(&json!([quiet, orders()])), yes);
        assert_ne!(code(&orders()), yes);
    }

    #[test]
    fn whatever_is_typed_stays_one_segment() {
        assert_eq!(segment("hooks.wake"), "hooks.wake");
        assert_eq!(segment("a b/../?x"), "a%20b%2F..%2F%3Fx");
    }
}
