//! The series of the pilot.

use prometheus::{IntCounterVec, IntGaugeVec, Registry};

use super::{counters, gauges};

/// What is told of the pilot.
#[derive(Debug, Clone)]
pub struct PilotMetrics {
    moves: IntCounterVec,
    failures: IntCounterVec,
    webhooks: IntCounterVec,
    state: IntGaugeVec,
}

impl PilotMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let metrics = Self {
            moves: counters(
                "pilot_moves_total",
                "Dials that the pilot moved",
                &["route", "direction"],
            )?,
            failures: counters(
                "pilot_edit_failures_total",
                "Moves that the pilot could not write into routes.toml",
                &["route"],
            )?,
            webhooks: counters(
                "pilot_webhook_total",
                "Webhooks by what became of them; dropped: too many were waiting",
                &["result"],
            )?,
            state: gauges(
                "pilot_state",
                "1 for how the pilot stands to a route with gate.auto",
                &["route", "state"],
            )?,
        };
        for result in ["ok", "failed", "dropped"] {
            metrics.webhooks.with_label_values(&[result]);
        }
        Ok(metrics)
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.moves.clone()))?;
        registry.register(Box::new(self.failures.clone()))?;
        registry.register(Box::new(self.webhooks.clone()))?;
        registry.register(Box::new(self.state.clone()))
    }

    /// A dial was moved, up or down.
    pub fn moved(&self, route: &str, direction: &str) {
        self.moves.with_label_values(&[route, direction]).inc();
    }

    /// A move could not be written.
    pub fn failed(&self, route: &str) {
        self.failures.with_label_values(&[route]).inc();
    }

    /// A webhook ended: `ok`, `failed` or `dropped`.
    pub fn webhook(&self, result: &'static str) {
        self.webhooks.with_label_values(&[result]).inc();
    }

    /// A counter that is born at one has not risen, as far as Prometheus can tell.
    fn begin(&self, route: &str) {
        for direction in ["promote", "rollback"] {
            self.moves.with_label_values(&[route, direction]);
        }
        self.failures.with_label_values(&[route]);
    }

    /// How the pilot stands to each route. Every state has a series, and routes that are gone lose theirs.
    pub fn states(&self, states: &[&'static str], routes: &[(String, &'static str)]) {
        self.state.reset();
        for (route, is) in routes {
            self.begin(route);
            for state in states {
                let gauge = self.state.with_label_values(&[route.as_str(), state]);
                gauge.set(i64::from(is == state));
            }
        }
    }
}
