//! The facts that routes are judged by, so that whoever reads the metrics of many sidecars can judge them together.
//!
//! It must not know the gate. The surprise: nothing is kept between scrapes. A scrape hands in what is known at its time,
//! whole, so a route that is gone is gone here too, and two scrapes at once never show half of a route.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use overgrow_parity::Facts;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, Registry};

use super::opts;

/// What one route shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its id.
    pub route: String,
    /// What it is judged by.
    pub facts: Facts,
    /// When the epoch of its evidence began, unix seconds.
    pub begun: u64,
    /// How long its dial has stood where it stands, in seconds.
    pub held: u64,
}

/// All routes' evidence, as of the last scrape.
#[derive(Debug, Clone)]
pub(super) struct EvidenceMetrics {
    known: Arc<ArcSwap<Vec<Known>>>,
    descriptions: Vec<Desc>,
}

/// The families; fresh ones for each scrape.
struct Families {
    counts: GaugeVec,
    latency: GaugeVec,
    begun: GaugeVec,
    held: GaugeVec,
}

impl EvidenceMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let families = Families::new()?;
        let descriptions = families.all().into_iter().flat_map(Collector::desc);
        Ok(Self {
            known: Arc::default(),
            descriptions: descriptions.cloned().collect(),
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.clone()))
    }

    /// From here on, scrapes show this.
    pub(super) fn show(&self, known: Vec<Known>) {
        self.known.store(Arc::new(known));
    }
}

impl Collector for EvidenceMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let Ok(families) = Families::new() else {
            return Vec::new();
        };
        for known in self.known.load().iter() {
            families.show(known);
        }
        families
            .all()
            .into_iter()
            .flat_map(Collector::collect)
            .collect()
    }
}

impl Families {
    fn new() -> prometheus::Result<Self> {
        let gauges = |name, help, labels: &[&str]| GaugeVec::new(opts(name, help), labels);
        Ok(Self {
            counts: gauges(
                "evidence",
                "What the gate counts in the open epoch",
                &["route", "of"],
            )?,
            latency: gauges(
                "evidence_latency",
                "What the gate measures of latency in the open epoch; p99_ratio is rust's p99 over legacy's",
                &["route", "of"],
            )?,
            begun: gauges(
                "evidence_begun_seconds",
                "When the open epoch began, unix time",
                &["route"],
            )?,
            held: gauges(
                "route_held_seconds",
                "How long the dial has stood where it stands",
                &["route"],
            )?,
        })
    }

    fn all(&self) -> [&dyn Collector; 4] {
        [&self.counts, &self.latency, &self.begun, &self.held]
    }

    fn show(&self, known: &Known) {
        let route = known.route.as_str();
        for (of, count) in counts(&known.facts) {
            self.counts
                .with_label_values(&[route, of])
                .set(count as f64);
        }
        for (of, value) in latency(&known.facts) {
            self.latency.with_label_values(&[route, of]).set(value);
        }
        self.begun
            .with_label_values(&[route])
            .set(known.begun as f64);
        self.held.with_label_values(&[route]).set(known.held as f64);
    }
}

fn counts(facts: &Facts) -> [(&'static str, u64); 9] {
    [
        ("compared", facts.compared),
        ("mismatched", facts.mismatched),
        ("pairs", facts.pairs),
        ("both", facts.both),
        ("rust_only", facts.rust_only),
        ("legacy_only", facts.legacy_only),
        ("row", facts.row.into()),
        ("sampled", facts.sampled),
        ("lost", facts.lost),
    ]
}

/// What is not known has no series.
fn latency(facts: &Facts) -> HashMap<&'static str, f64> {
    let alone = facts.alone;
    let mut shown = HashMap::from([
        ("pairs", facts.tail.pairs as f64),
        ("alone", alone.count as f64),
        ("alone_superiority", alone.superiority),
        ("alone_p", alone.p),
    ]);
    shown.extend(facts.tail.ratio.map(|ratio| ("p99_ratio", ratio)));
    shown
}

#[cfg(test)]
mod tests {
    use overgrow_parity::Tail;

    use super::super::Metrics;
    use super::*;

    fn known(route: &str, compared: u64) -> Known {
        let facts = Facts {
            compared,
            row: 2,
            tail: Tail {
                pairs: 120,
                ratio: Some(1.1),
            },
            ..Facts::default()
        };
        Known {
            route: route.to_owned(),
            facts,
            begun: 1_700_000_000,
            held: 60,
        }
    }

    #[test]
    fn a_scrape_shows_what_was_handed_in_last() {
        let metrics = Metrics::new().unwrap();
        metrics.evidence(vec![known("orders", 7), known("prices", 9)]);
        metrics.evidence(vec![known("orders", 8)]);
        let text = metrics.text().unwrap();
        for line in [
            "overgrow_evidence{of=\"compared\",route=\"orders\"} 8",
            "overgrow_evidence{of=\"row\",route=\"orders\"} 2",
            "overgrow_evidence_latency{of=\"p99_ratio\",route=\"orders\"} 1.1",
            "overgrow_evidence_begun_seconds{route=\"orders\"} 1700000000",
            "overgrow_route_held_seconds{route=\"orders\"} 60",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("prices"), "{text}");
    }

    #[test]
    fn what_is_not_known_is_not_shown() {
        let metrics = Metrics::new().unwrap();
        metrics.evidence(vec![Known {
            facts: Facts::default(),
            ..known("orders", 0)
        }]);
        let text = metrics.text().unwrap();
        assert!(!text.contains("p99_ratio\",route"), "{text}");
        assert!(
            text.contains("of=\"alone_p\",route=\"orders\"} 1\n"),
            "{text}"
        );
    }
}
