//! What the API says of one route's parity, as JSON.
//!
//! It judges nothing: evidence and judgement are read, put side by side and named. The surprise: a route that is not
//! compared at all has a document too, whose `why` says what is missing.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use overgrow_parity::{Evidence, Histogram, Judgement, KeyReport, KeyState, Rules, State, Tally};
use serde_json::{Value, json};

use super::suggest::{self, Seen};
use crate::config::RouteConfig;
use crate::shadow;

/// A route with what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) route: &'a RouteConfig,
    /// None before anything of the route was to be compared.
    pub(super) found: Option<Found<'a>>,
}

/// The evidence, and what it was judged to mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) judgement: &'a Judgement,
    /// Unix seconds.
    pub(super) now: u64,
}

impl Known<'_> {
    /// For `/api/routes`, whose reader knows the route.
    pub(super) fn brief(&self) -> Value {
        let evidence = self.found.map(|found| found.evidence);
        json!({
            "compared": evidence.map_or(0, Evidence::compared),
            "mismatched": evidence.map_or(0, Evidence::mismatched),
            "bound": evidence.map_or(1.0, Evidence::bound),
            "state": self.state(),
            "holds": self.found.is_some_and(|found| found.judgement.holds()),
            "why": self.why(),
        })
    }

    /// For `/api/parity`: the differences are a number.
    pub(super) fn overview(&self) -> Value {
        let mut document = self.brief();
        document["route"] = json!(&*self.route.id);
        document["differences"] = json!(self.differences().len());
        document
    }

    /// For `/api/parity/{id}`.
    pub(super) fn whole(&self) -> Value {
        let mut document = self.brief();
        let differences = self.differences();
        document["route"] = json!(&*self.route.id);
        document["differences"] = differences.iter().map(difference).collect();
        document["suggested_rules"] = self.suggestions(&differences);
        let Some(found) = self.found else {
            return document;
        };
        document["conditions"] = json!(found.judgement.conditions);
        document["dead_rules"] = found.dead_rules(&shadow::rules(&self.route.parity));
        for (key, value) in found.account() {
            document[key] = value;
        }
        document
    }

    fn state(&self) -> &'static str {
        let state = self.found.map(|found| found.judgement.state);
        state.unwrap_or(State::Hold).name()
    }

    fn why(&self) -> String {
        match (self.found, unwatched(self.route)) {
            (Some(found), None) => found.judgement.why.clone(),
            (Some(found), Some(reason)) if found.evidence.compared() > 0 => {
                format!("{}; {reason}", found.judgement.why)
            }
            (_, Some(reason)) => reason.to_owned(),
            (None, None) => "nothing compared yet".to_owned(),
        }
    }

    fn differences(&self) -> Vec<KeyReport> {
        self.found
            .map(|found| found.evidence.differences())
            .unwrap_or_default()
    }

    /// Where the legacy is asked twice, noise is learned and needs no rule.
    fn suggestions(&self, differences: &[KeyReport]) -> Value {
        let compared = self.found.map_or(0, |found| found.evidence.compared());
        let unlearned = differences.iter().filter(|report| {
            report.state == KeyState::Learning && report.tally == Tally::default()
        });
        let seen = unlearned.map(|report| Seen {
            key: &report.key,
            count: report.count,
            compared,
            legacy: report.legacy.as_deref(),
            rust: report.rust.as_deref(),
        });
        seen.filter_map(|seen| suggest::rule(&seen)).collect()
    }
}

impl Found<'_> {
    fn account(&self) -> [(&'static str, Value); 8] {
        let evidence = self.evidence;
        let shapes = evidence.shapes().never_compared();
        let shapes = shapes.iter().map(|(shape, _)| shape.as_str());
        [
            ("epoch", json!(evidence.epoch)),
            ("since", time(evidence.begun)),
            (
                "last_mismatch",
                evidence.last_mismatch().map_or(Value::Null, time),
            ),
            ("ledger", json!(evidence.ledger())),
            ("shapes_never_compared", shapes.collect()),
            ("latency", latency(evidence)),
            ("histograms", histograms(evidence)),
            ("failures", json!(evidence.failures())),
        ]
    }

    fn dead_rules(&self, rules: &Rules) -> Value {
        let dead = self.evidence.dead_rules(rules.len(), self.now).into_iter();
        dead.map(|index| rules.describe(index)).collect()
    }
}

/// What keeps a route from being compared from now on.
fn unwatched(route: &RouteConfig) -> Option<&'static str> {
    if route.handler.is_none() {
        Some("the route has no handler: the legacy answers all of it")
    } else if route.shadow.sample <= 0.0 {
        Some("the route is not shadowed: give it shadow = { sample = 10 }")
    } else {
        None
    }
}

fn difference(report: &KeyReport) -> Value {
    let mut shown = json!(report);
    shown["since"] = time(report.since);
    shown["last"] = time(report.last);
    shown
}

/// Rust's time as a multiple of the legacy's, and both sides' p99 in seconds.
fn latency(evidence: &Evidence) -> Value {
    let latency = evidence.latency();
    let p99 = |side: &Histogram| side.quantile(0.99).map(|took| took.as_secs_f64());
    json!({
        "pairs": latency.pairs(),
        "ratio": latency.ratio().map(|ratio| ratio.mean),
        "interval": latency.ratio().map(|ratio| [ratio.low, ratio.high]),
        "legacy_p99": p99(&latency.legacy),
        "rust_p99": p99(&latency.rust),
    })
}

/// How many answers took at most so many seconds, and more than the bucket before; both sides on the same bounds.
fn histograms(evidence: &Evidence) -> Value {
    let latency = evidence.latency();
    let sides = [&latency.legacy, &latency.rust];
    let mut bounds: Vec<Duration> = sides
        .iter()
        .flat_map(|side| side.buckets().map(|(bound, _)| bound))
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    let [legacy, rust] = sides.map(|side| {
        let counts: BTreeMap<Duration, u64> = side.buckets().collect();
        let of = |bound: &Duration| counts.get(bound).copied().unwrap_or_default();
        bounds.iter().map(of).collect::<Vec<u64>>()
    });
    let le: Vec<f64> = bounds.iter().map(Duration::as_secs_f64).collect();
    json!({"le": le, "legacy": legacy, "rust": rust})
}

fn time(unix: u64) -> Value {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(unix);
    json!(humantime::format_rfc3339_seconds(time).to_string())
}

#[cfg(test)]
mod tests {
    use overgrow_parity::{
        Answered, Comparison, Difference, Gate, Key, Kind, Pair, Payload, Place, Shape, Standing,
        Stop, judge,
    };

    use super::*;
    use crate::config::{Config, Handlers};

    fn route(lines: &str) -> RouteConfig {
        let source = format!(
            "[legacy]\nurl = \"http://a\"\n[[route]]\nid = \"orders\"\nmatch = {{ path = \"/\" }}\n{lines}"
        );
        let config = Config::parse(&source, &Handlers::new(["orders"]));
        config
            .unwrap_or_else(|faults| panic!("{faults}"))
            .routes
            .remove(0)
    }

    const SHADOWED: &str =
        "handler = \"orders\"\nshadow = { sample = 10 }\nparity = { ignore = [\"json:/old\"] }\n";

    fn differing(place: &str) -> Comparison {
        let difference = Difference {
            key: Key {
                place: Place::new(place),
                kind: Kind::Value,
            },
            standing: Standing::Open,
            legacy: Some("\"run-01\"".into()),
            rust: Some("\"run-02\"".into()),
            offset: None,
        };
        Comparison {
            differences: vec![difference],
            ..Comparison::default()
        }
    }

    /// Twenty comparisons, half of them different.
    fn evidence() -> Evidence {
        let mut evidence = Evidence::begin(2, "build".into(), 1_000);
        let shape = Shape::new("GET", std::iter::empty(), Payload::None);
        evidence.eligible(&Shape::new("PUT", std::iter::empty(), Payload::None));
        let answered = Answered {
            status: 200,
            took: Duration::from_millis(5),
        };
        for at in 0..20 {
            let comparison = if at % 2 == 0 {
                differing("json:/runId")
            } else {
                Comparison::default()
            };
            evidence.eligible(&shape);
            evidence.sampled();
            evidence.record(&Pair {
                comparison: &comparison,
                again: None,
                legacy: answered,
                rust: answered,
                shape: &shape,
                at: 2_000 + at,
            });
        }
        evidence
    }

    fn told(route: &RouteConfig, evidence: &Evidence, tell: fn(&Known<'_>) -> Value) -> Value {
        let gate = Gate {
            steps: vec![100.0],
            hold: Duration::ZERO,
            mismatch: 0.1,
            errors: 0.5,
            latency: 1.25,
        };
        let now = 200_000;
        let stop = Stop {
            percent: 0.0,
            since: 0,
            now,
        };
        let judgement = &judge(evidence, &gate, &stop);
        tell(&Known {
            route,
            found: Some(Found {
                evidence,
                judgement,
                now,
            }),
        })
    }

    #[test]
    fn the_whole_document_keeps_the_shape_that_scripts_rely_on() {
        let shown = told(&route(SHADOWED), &evidence(), |known| known.whole());
        assert_eq!(
            (&shown["route"], &shown["compared"]),
            (&json!("orders"), &json!(20))
        );
        assert_eq!(
            (&shown["mismatched"], &shown["state"]),
            (&json!(10), &json!("hold"))
        );
        let difference = &shown["differences"][0];
        assert_eq!(difference["place"], "json:/runId");
        assert_eq!(
            (&difference["kind"], &difference["state"]),
            (&json!("value"), &json!("learning"))
        );
        assert_eq!(
            (&difference["legacy"], &difference["rust"]),
            (&json!("\"run-01\""), &json!("\"run-02\""))
        );
        assert_eq!(
            (&difference["count"], &difference["since"]),
            (&json!(10), &json!("1970-01-01T00:33:20Z"))
        );
        assert!(
            shown["conditions"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        );
        assert_eq!(
            (&shown["epoch"], &shown["ledger"]["sampled"]),
            (&json!(2), &json!(20))
        );
        let histograms = &shown["histograms"];
        assert_eq!(histograms["legacy"], json!([20]));
        let bound = histograms["le"][0].as_f64().unwrap();
        assert!((0.005..0.0055).contains(&bound), "{bound}");
        assert_eq!(shown["shapes_never_compared"], json!(["PUT"]));
        assert_eq!(shown["dead_rules"], json!(["ignore json:/old"]));
        assert_eq!(
            shown["suggested_rules"],
            json!(["ignore = [\"json:/runId\"]"])
        );
    }

    #[test]
    fn an_overview_counts_the_differences() {
        let shown = told(&route(SHADOWED), &evidence(), |known| known.overview());
        assert_eq!(
            (&shown["route"], &shown["differences"]),
            (&json!("orders"), &json!(1))
        );
    }

    #[test]
    fn a_route_that_is_not_compared_says_what_is_missing() {
        let why = |lines: &str| {
            let route = route(lines);
            let known = Known {
                route: &route,
                found: None,
            };
            let shown = known.whole();
            assert_eq!(
                (&shown["state"], &shown["bound"]),
                (&json!("hold"), &json!(1.0))
            );
            shown["why"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(
            why(""),
            "the route has no handler: the legacy answers all of it"
        );
        assert_eq!(
            why("handler = \"orders\""),
            "the route is not shadowed: give it shadow = { sample = 10 }"
        );
        assert_eq!(why(SHADOWED), "nothing compared yet");
    }

    #[test]
    fn evidence_of_a_shadow_that_was_turned_off_is_still_shown() {
        let shown = told(&route("handler = \"orders\""), &evidence(), |known| {
            known.brief()
        });
        let why = shown["why"].as_str().unwrap_or_default();
        assert!(
            why.ends_with("; the route is not shadowed: give it shadow = { sample = 10 }"),
            "{why}"
        );
        assert_eq!(shown["compared"], 20);
    }
}
