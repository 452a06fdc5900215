//! `GET /api/overview`: everything that the page shows at a glance, in one document.
//!
//! It judges nothing; it puts side by side what other rooms know. The surprise: a row knows whether its figures come
//! from clients or from shadow requests, because a route that is only shadowed would have nothing to show otherwise.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::parity::Shelf;
use super::routes::{counted, describe};
use super::{Shown, legacy, pilot};
use crate::config::RouteConfig;
use crate::gateway::Generation;
use crate::metrics::{Role, Traffic};
use crate::route::{Side, Sticky};
use crate::trend::{History, Rates};

/// How long "now" is for the share of native traffic.
const RECENT: Duration = Duration::from_secs(5 * 60);

/// How long "now" is for requests per second.
const MINUTE: Duration = Duration::from_secs(60);

/// The document, in the pieces in which it changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Overview {
    /// All but the routes and the time.
    head: Map<String, Value>,
    /// Unix milliseconds.
    now: u64,
    /// In file order.
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    id: Arc<str>,
    told: Value,
}

/// How one overview differs from the one before.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    /// In nothing but the time.
    Nothing,
    /// In this; rows that did not change are not in it.
    Rows(Value),
    /// Routes came, went or changed places.
    Table,
}

/// `GET /api/overview`.
pub(super) async fn show(State(shown): State<Shown>) -> Json<Value> {
    Json(Overview::of(&shown).whole())
}

impl Overview {
    /// As it is now.
    pub(super) fn of(shown: &Shown) -> Self {
        let generation = shown.running.load();
        let (traffic, shelf) = (shown.metrics.traffic(), Shelf::of(shown));
        let told = |history: &History| {
            let row = |route: &RouteConfig| {
                let counted = traffic.get(&*route.id).copied().unwrap_or_default();
                let judged = [shelf.brief(route), pilot::stance(shown, route)];
                Row {
                    id: Arc::clone(&route.id),
                    told: row(&generation, route, counted, judged, history),
                }
            };
            let rows = generation.config.routes.iter().map(row).collect();
            (rows, glance(shown, &generation, history))
        };
        let (rows, glance) = shown.trend.read(told);
        let mut head = state(shown);
        head.insert("glance".into(), glance);
        Self {
            head,
            now: unix_millis(),
            rows,
        }
    }

    /// The whole document.
    pub(super) fn whole(&self) -> Value {
        self.told(self.rows.iter())
    }

    /// What is new since `before`.
    pub(super) fn since(&self, before: &Self) -> Change {
        let ids = |overview: &Self| overview.rows.len();
        let pairs = || self.rows.iter().zip(&before.rows);
        if ids(self) != ids(before) || pairs().any(|(new, old)| new.id != old.id) {
            return Change::Table;
        }
        if self.head == before.head && self.rows == before.rows {
            return Change::Nothing;
        }
        let changed = pairs().filter(|(new, old)| new != old);
        Change::Rows(self.told(changed.map(|(new, _)| new)))
    }

    /// Takes over the sentences of `before` in rows that say nothing else new: "held for 7 s" is no news a second later.
    pub(super) fn keep_words_of(&mut self, before: &Self) {
        for (new, old) in self.rows.iter_mut().zip(&before.rows) {
            if new.id == old.id && without_words(&new.told) == without_words(&old.told) {
                new.told.clone_from(&old.told);
            }
        }
    }

    fn told<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> Value {
        let mut told = self.head.clone();
        told.insert("now".into(), self.now.into());
        told.insert("routes".into(), rows.map(|row| row.told.clone()).collect());
        Value::Object(told)
    }
}

/// A row without the reasons it gives.
fn without_words(row: &Value) -> Value {
    let mut row = row.clone();
    for judged in ["parity", "pilot"] {
        if let Some(Value::Object(told)) = row.get_mut(judged) {
            told.remove("why");
        }
    }
    row
}

fn state(shown: &Shown) -> Map<String, Value> {
    let status = shown.status.load();
    let told = [
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("generation", json!(status.generation)),
        ("synchronized", json!(status.is_synchronized())),
        ("error", json!(status.error_text())),
        ("file", json!(status.file)),
        ("needs_restart", json!(status.needs_restart)),
    ];
    Map::from_iter(told.map(|(key, value)| (key.to_owned(), value)))
}

fn glance(shown: &Shown, generation: &Generation, history: &History) -> Value {
    let (legacy, rust, _) = history.answered(RECENT);
    let (all, share) = (legacy + rust, rust as f64);
    let (old, new, seconds) = history.answered(MINUTE);
    let rate = |count: u64| {
        if seconds > 0.0 {
            count as f64 / seconds
        } else {
            0.0
        }
    };
    json!({
        "routes": states(generation),
        "native_share": (all > 0).then(|| rounded(share / all as f64, 4)),
        "requests_per_second": rounded(rate(old + new), 2),
        "legacy": legacy::glance(shown),
        "pilot": pilot::summary(shown),
    })
}

fn states(generation: &Generation) -> Value {
    let percents = generation
        .config
        .routes
        .iter()
        .map(|route| route.rust.percent());
    let mut states = [0; 3];
    for percent in percents {
        states[state_of(percent)] += 1;
    }
    json!({"legacy": states[0], "split": states[1], "rust": states[2]})
}

/// Legacy, split, rust; by the dial.
pub(super) fn state_of(percent: f64) -> usize {
    match percent {
        percent if percent <= 0.0 => 0,
        percent if percent < 100.0 => 1,
        _ => 2,
    }
}

fn row(
    generation: &Generation,
    route: &RouteConfig,
    traffic: Traffic,
    [parity, pilot]: [Value; 2],
    history: &History,
) -> Value {
    let mut row = describe(route);
    row["sticky"] = sticky(&route.sticky);
    row["traffic"] = counted(traffic);
    row["now"] = json!({
        "legacy": now(history, &route.id, Side::Legacy),
        "rust": now(history, &route.id, Side::Rust),
    });
    row["parity"] = parity;
    row["pilot"] = pilot;
    row["leaves"] = json!(generation.leaves(&route.id));
    row
}

fn now(history: &History, route: &str, side: Side) -> Value {
    let Some((role, rates)) = history.now(route, side) else {
        return Value::Null;
    };
    let mut told = rates_of(&rates);
    if role == Role::Shadow {
        told["role"] = "shadow".into();
    }
    told
}

fn rates_of(rates: &Rates) -> Value {
    json!({
        "rps": rounded(rates.rps, 2),
        "errors": rounded(rates.errors, 5),
        "p50": rounded(rates.p50, 6),
        "p99": rounded(rates.p99, 6),
    })
}

fn sticky(sticky: &Sticky) -> Value {
    match sticky {
        Sticky::Request => json!("request"),
        Sticky::ClientIp => json!("client-ip"),
        Sticky::Header(name) => json!({"header": name.as_str()}),
        Sticky::Cookie(name) => json!({"cookie": name}),
        Sticky::Query(name) => json!({"query": name}),
    }
}

/// Digits behind the point that anybody reads; the rest would make every row of every second another one.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

fn unix_millis() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overview(share: f64, rows: &[(&str, u64)]) -> Overview {
        let row = |(id, rust): &(&str, u64)| Row {
            id: (*id).into(),
            told: json!({"id": id, "rust": rust}),
        };
        Overview {
            head: Map::from_iter([("share".to_owned(), json!(share))]),
            now: 7,
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn only_rows_that_changed_are_told() {
        let before = overview(0.5, &[("a", 1), ("b", 2)]);
        let told = |now: &Overview| now.since(&before);
        assert_eq!(told(&overview(0.5, &[("a", 1), ("b", 2)])), Change::Nothing);
        assert_eq!(
            told(&overview(0.6, &[("a", 1), ("b", 3)])),
            Change::Rows(json!({"share": 0.6, "now": 7, "routes": [{"id": "b", "rust": 3}]}))
        );
        assert_eq!(
            told(&overview(0.6, &[("a", 1), ("b", 2)])),
            Change::Rows(json!({"share": 0.6, "now": 7, "routes": []}))
        );
    }

    #[test]
    fn a_table_that_was_changed_is_told_whole() {
        let before = overview(0.5, &[("a", 1), ("b", 2)]);
        for rows in [
            &[("a", 1)][..],
            &[("b", 2), ("a", 1)],
            &[("a", 1), ("c", 2)],
        ] {
            assert_eq!(overview(0.5, rows).since(&before), Change::Table);
        }
    }

    #[test]
    fn another_reason_alone_can_wait() {
        let row = |percent: u64, why: &str| Overview {
            rows: vec![Row {
                id: "a".into(),
                told: json!({"rust": percent, "parity": {"state": "hold", "why": why}}),
            }],
            ..overview(0.5, &[])
        };
        let before = row(5, "held for 7 s");
        let mut later = row(5, "held for 8 s");
        assert!(matches!(later.since(&before), Change::Rows(_)));
        later.keep_words_of(&before);
        assert_eq!(later.since(&before), Change::Nothing);
        let mut moved = row(25, "held for 0 s");
        moved.keep_words_of(&before);
        assert_eq!(moved, row(25, "held for 0 s"));
    }

    #[test]
    fn a_time_that_passed_is_no_change() {
        let (mut later, before) = (overview(0.5, &[("a", 1)]), overview(0.5, &[("a", 1)]));
        later.now = 8;
        assert_eq!(later.since(&before), Change::Nothing);
    }
}
