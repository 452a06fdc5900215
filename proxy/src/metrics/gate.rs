//! What each route's gate asks for, so that rules and dashboards need not know routes.toml.
//!
//! It must not know whether a gate holds. The surprise: routes.toml has percent and percentage points, these series have
//! shares from 0 to 1, as the series that they are compared with.

use prometheus::{GaugeVec, Registry};

use super::opts;

/// What a gate allows, in the units of routes.toml.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Percent of answers that may differ.
    pub mismatch: f64,
    /// Percentage points of 5xx that rust may have over the legacy.
    pub errors: f64,
    /// Multiple of the legacy's p99 that rust's may reach.
    pub latency: f64,
}

/// The thresholds of all routes.
#[derive(Debug, Clone)]
pub(super) struct GateMetrics(GaugeVec);

impl GateMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let help = "What the gate allows: mismatch and errors as shares, latency as a multiple of the legacy's p99";
        let gauge = GaugeVec::new(opts("gate_threshold", help), &["route", "of"])?;
        Ok(Self(gauge))
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.0.clone()))
    }

    /// Routes that are gone lose their series.
    pub(super) fn show<'a>(&self, gates: impl Iterator<Item = (&'a str, Thresholds)>) {
        self.0.reset();
        for (route, thresholds) in gates {
            for (of, threshold) in thresholds.told() {
                self.0.with_label_values(&[route, of]).set(threshold);
            }
        }
    }
}

impl Thresholds {
    fn told(self) -> [(&'static str, f64); 3] {
        [
            ("mismatch", self.mismatch / 100.0),
            ("errors", self.errors / 100.0),
            ("latency", self.latency),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_become_shares() {
        let thresholds = Thresholds {
            mismatch: 0.5,
            errors: 2.0,
            latency: 1.5,
        };
        let expect = [("mismatch", 0.005), ("errors", 0.02), ("latency", 1.5)];
        assert_eq!(thresholds.told(), expect);
    }
}
