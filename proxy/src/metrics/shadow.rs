//! The series of one route's shadow requests and comparisons.

use std::sync::OnceLock;

use prometheus::{GaugeVec, IntCounter, IntCounterVec, Registry};

use super::route::{Finished, StatusClass};
use super::{Metrics, counters, opts};
use crate::route::Side;

/// What became of a request that was to be asked of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Both answers were there and were compared.
    Compared,
    /// A write, on a route that does not shadow writes.
    WriteSkipped,
    /// The lane was full, or the other side is resting after failures.
    Dropped,
    /// A body was larger than its cap.
    Oversize,
    /// The other side did not answer in time.
    Timeout,
    /// The other side could not be asked, or the primary gave no answer.
    Failed,
    /// The request or the first side's answer broke off midway, mostly because the client left.
    Incomplete,
    /// The native side leaves the request to the legacy: there is no answer of its own to compare.
    Declined,
}

const OUTCOMES: [&str; 8] = [
    "compared",
    "write_skipped",
    "dropped",
    "oversize",
    "timeout",
    "failed",
    "incomplete",
    "declined",
];

/// What is counted of all routes' shadows.
#[derive(Debug, Clone)]
pub(super) struct Comparisons {
    shadow: IntCounterVec,
    parity: IntCounterVec,
    bound: GaugeVec,
}

impl Comparisons {
    pub(super) fn new() -> prometheus::Result<Self> {
        Ok(Self {
            shadow: counters(
                "shadow_total",
                "Requests that were to be asked of the other side, by what became of it",
                &["route", "outcome"],
            )?,
            parity: counters(
                "parity_total",
                "Compared requests by verdict, as far as noise was known then",
                &["route", "verdict"],
            )?,
            bound: GaugeVec::new(
                opts(
                    "parity_mismatch_bound",
                    "95 % upper bound of the mismatch rate, 0 to 1",
                ),
                &["route"],
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.shadow.clone()))?;
        registry.register(Box::new(self.parity.clone()))?;
        registry.register(Box::new(self.bound.clone()))
    }

    /// Routes that are gone lose their series.
    pub(super) fn bounds<'a>(&self, bounds: impl Iterator<Item = (&'a str, f64)>) {
        self.bound.reset();
        for (route, bound) in bounds {
            self.bound.with_label_values(&[route]).set(bound);
        }
    }
}

/// Metrics of one route's shadow.
#[derive(Debug)]
pub struct ShadowMetrics {
    metrics: Metrics,
    id: String,
    outcomes: [OnceLock<IntCounter>; OUTCOMES.len()],
    legacy: Finished,
    rust: Finished,
}

impl ShadowMetrics {
    pub(super) fn new(metrics: Metrics, id: &str) -> Self {
        Self {
            metrics,
            id: id.to_owned(),
            outcomes: Default::default(),
            legacy: Finished::default(),
            rust: Finished::default(),
        }
    }

    /// A request came to this end.
    pub fn ended(&self, outcome: Outcome) {
        let index = outcome as usize;
        let count = self.outcomes[index].get_or_init(|| {
            self.metrics
                .comparisons
                .shadow
                .with_label_values(&[self.id.as_str(), OUTCOMES[index]])
        });
        count.inc();
    }

    /// A side answered a shadow request, or gave no answer.
    pub fn answered(&self, side: Side, status: StatusClass, seconds: f64) {
        let of_side = match side {
            Side::Legacy => &self.legacy,
            Side::Rust => &self.rust,
        };
        let labels = [self.id.as_str(), side.name(), "shadow"];
        of_side.add(&self.metrics, labels, status, seconds);
    }

    /// A comparison came to this verdict: `match`, `mismatch`, `expected` or `noise`.
    pub fn judged(&self, verdict: &'static str) {
        self.metrics
            .comparisons
            .parity
            .with_label_values(&[self.id.as_str(), verdict])
            .inc();
    }
}
