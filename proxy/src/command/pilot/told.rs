//! What `overgrow status` says of the pilot: one line for each route that it may move.

use serde_json::Value;

use crate::command::columns::{Cell, Column, lines};
use crate::command::style::{Paint, Screen};

/// Nothing where the pilot is off everywhere.
pub(in crate::command) fn told(routes: &[&Value], screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("ROUTE"),
        Column::Text("PILOT"),
        Column::Text("WHY"),
    ];
    let rows: Vec<_> = routes.iter().filter_map(|route| row(route)).collect();
    match rows.is_empty() {
        true => Vec::new(),
        false => [vec![String::new()], lines(COLUMNS, &rows, screen)].concat(),
    }
}

fn row(route: &Value) -> Option<Vec<Cell>> {
    let pilot = &route["pilot"];
    let state = pilot["state"].as_str().filter(|state| *state != "off")?;
    Some(vec![
        Cell::new(route["id"].as_str().unwrap_or("-")),
        Cell::painted(state, paint_of(state)),
        Cell::new(pilot["why"].as_str().unwrap_or("-")),
    ])
}

fn paint_of(state: &str) -> Paint {
    match state {
        "on" | "done" => Paint::Good,
        "rolled-back" => Paint::Bad,
        _ => Paint::Unsure,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_routes_of_the_pilot_are_told_of() {
        let on = json!({"id": "a", "pilot": {"state": "on", "why": "held for 3 s of 600 s"}});
        let off = json!({"id": "b", "pilot": {"state": "off", "why": "gate.auto is not set"}});
        let screen = Screen::plain(None);
        assert_eq!(
            told(&[&on, &off], &screen),
            [
                "",
                "ROUTE  PILOT  WHY",
                "a      on     held for 3 s of 600 s"
            ]
        );
        assert!(told(&[&off], &screen).is_empty());
    }
}
