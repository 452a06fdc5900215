//! From series to sidecars: what each of them knows of a route.
//!
//! The surprise: a sidecar of which one series is missing or stale does not count at all. Half of what it knows could
//! only make a route look better than it is.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use overgrow_parity::{Alone, Facts, Tail};

use super::Series;
use crate::route::Dial;

/// The metrics that are asked for.
const NAMES: [&str; 5] = [
    "overgrow_evidence",
    "overgrow_evidence_latency",
    "overgrow_evidence_begun_seconds",
    "overgrow_route_held_seconds",
    "overgrow_route_rust_percent",
];

/// One sidecar's knowledge of one route.
#[derive(Debug, Clone, PartialEq)]
pub struct Sidecar {
    /// Its labels, for people.
    pub name: String,
    /// Where its dial stands.
    pub dial: Dial,
    /// How long it has stood there, in seconds.
    pub held: u64,
    /// When the epoch of its evidence began, unix seconds.
    pub begun: u64,
    /// The evidence.
    pub facts: Facts,
}

/// The question: everything that was scraped within `fresh`, of what `selector` such as `job="overgrow"` selects.
pub fn query(selector: &str, fresh: Duration) -> String {
    let names = NAMES.join("|");
    let selector = selector.trim().trim_matches(',');
    let and = if selector.is_empty() { "" } else { "," };
    let milliseconds = fresh.as_millis().max(1);
    format!("{{__name__=~\"{names}\"{and}{selector}}}[{milliseconds}ms]")
}

/// The sidecars that know a route, by route.
pub fn sidecars(series: &[Series]) -> BTreeMap<String, Vec<Sidecar>> {
    let mut values: BTreeMap<(String, String), Values> = BTreeMap::new();
    for one in series {
        let (Some(route), Some(value)) = (one.labels.get("route"), last(one)) else {
            continue;
        };
        let sidecar = values.entry((route.clone(), source(one))).or_default();
        sidecar.0.insert(what(one), value);
    }
    let mut found: BTreeMap<String, Vec<Sidecar>> = BTreeMap::new();
    for ((route, name), values) in values {
        let sidecars = found.entry(route).or_default();
        sidecars.extend(values.sidecar(name));
    }
    found.retain(|_, sidecars| !sidecars.is_empty());
    found
}

/// What one sidecar says of one route, by metric and by its label `of`.
#[derive(Default)]
struct Values(HashMap<(String, String), f64>);

impl Values {
    fn get(&self, metric: &str, of: &str) -> Option<f64> {
        let key = (format!("overgrow_{metric}"), of.to_owned());
        let value = self.0.get(&key).copied();
        value.filter(|value| value.is_finite())
    }

    fn count(&self, metric: &str, of: &str) -> Option<u64> {
        Some(self.get(metric, of)?.max(0.0) as u64)
    }

    fn sidecar(&self, name: String) -> Option<Sidecar> {
        Some(Sidecar {
            name,
            dial: Dial::from_percent(self.get("route_rust_percent", "")?)?,
            held: self.count("route_held_seconds", "")?,
            begun: self.count("evidence_begun_seconds", "")?,
            facts: self.facts()?,
        })
    }

    fn facts(&self) -> Option<Facts> {
        let count = |of| self.count("evidence", of);
        let latency = |of| self.get("evidence_latency", of);
        Some(Facts {
            compared: count("compared")?,
            mismatched: count("mismatched")?,
            pairs: count("pairs")?,
            both: count("both")?,
            rust_only: count("rust_only")?,
            legacy_only: count("legacy_only")?,
            row: u32::try_from(count("row")?).unwrap_or(u32::MAX),
            sampled: count("sampled")?,
            lost: count("lost")?,
            tail: Tail {
                pairs: latency("pairs")? as u64,
                ratio: latency("p99_ratio"),
            },
            alone: Alone {
                count: latency("alone")? as u64,
                superiority: latency("alone_superiority")?,
                p: latency("alone_p")?,
            },
        })
    }
}

fn last(series: &Series) -> Option<f64> {
    series.samples.last()?.1.parse().ok()
}

fn what(series: &Series) -> (String, String) {
    let label = |name| series.labels.get(name).cloned().unwrap_or_default();
    (label("__name__"), label("of"))
}

/// All that tells one sidecar from another: every label that is not the metric's own.
fn source(series: &Series) -> String {
    let own = ["__name__", "route", "of"];
    let labels = series.labels.iter();
    let labels = labels.filter(|(name, _)| !own.contains(&name.as_str()));
    let named: Vec<String> = labels
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    named.join(",")
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;
    use super::*;

    fn series(instance: &str, metric: &str, of: &str, value: &str) -> Series {
        let labels = [
            ("__name__", format!("overgrow_{metric}")),
            ("instance", instance.to_owned()),
            ("route", "orders".to_owned()),
            ("of", of.to_owned()),
        ];
        let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
        Series {
            labels: labels
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            samples: vec![Sample(1.0, "0".to_owned()), Sample(2.0, value.to_owned())],
        }
    }

    fn all(instance: &str) -> Vec<Series> {
        let counts = [
            "compared",
            "mismatched",
            "pairs",
            "both",
            "rust_only",
            "legacy_only",
            "row",
            "sampled",
            "lost",
        ];
        let latency = [
            "pairs",
            "p99_ratio",
            "alone",
            "alone_superiority",
            "alone_p",
        ];
        let counts = counts.map(|of| series(instance, "evidence", of, "3"));
        let latency = latency.map(|of| series(instance, "evidence_latency", of, "0.5"));
        let plain = [
            ("route_rust_percent", "25"),
            ("route_held_seconds", "60"),
            ("evidence_begun_seconds", "1.7e+09"),
        ];
        let plain = plain.map(|(metric, value)| series(instance, metric, "", value));
        counts.into_iter().chain(latency).chain(plain).collect()
    }

    #[test]
    fn what_was_scraped_last_counts() {
        let found = sidecars(&[all("a"), all("b")].concat());
        let names: Vec<_> = found["orders"]
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["instance=a", "instance=b"]);
        let one = &found["orders"][0];
        assert_eq!(
            (one.dial.percent(), one.held, one.begun),
            (25.0, 60, 1_700_000_000)
        );
        assert_eq!((one.facts.row, one.facts.tail.ratio), (3, Some(0.5)));
    }

    #[test]
    fn half_a_sidecar_is_none() {
        for missing in 0..all("a").len() {
            let mut series = all("a");
            let gone = series.remove(missing);
            // Without pairs there is no ratio; all else is always there.
            let whole = gone.labels.get("of").is_some_and(|of| of == "p99_ratio");
            assert_eq!(sidecars(&series).contains_key("orders"), whole, "{gone:?}");
        }
        let mut series = all("a");
        series[0].samples[1].1 = "NaN".to_owned();
        assert!(sidecars(&series).is_empty());
    }

    #[test]
    fn the_question_is_asked_of_what_is_selected() {
        let fresh = Duration::from_secs(15);
        let asked = query("job=\"overgrow\"", fresh);
        assert!(asked.ends_with("\",job=\"overgrow\"}[15000ms]"), "{asked}");
        assert!(query("", fresh).ends_with("route_rust_percent\"}[15000ms]"));
    }
}
