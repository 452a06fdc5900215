//! The series of plugins.
//!
//! Label values are bounded: names of plugins are names of files, calls and results are words of the host's own.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Registry};

use super::{counters, gauges};

/// Upper bounds in seconds: from a call that computes to one that waits for a provider.
const SECONDS: [f64; 14] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.01, 0.05, 0.1, 0.5, 1.0,
    5.0, 30.0,
];

/// What is told of plugins. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PluginMetrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
    denied: IntCounterVec,
    states: IntGaugeVec,
}

impl PluginMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let seconds = HistogramOpts::new(
            "overgrow_plugin_call_seconds",
            "Time of one call of a plugin, waiting for its turn included",
        );
        Ok(Self {
            calls: counters(
                "plugin_calls_total",
                "Calls of plugins by how they ended",
                &["plugin", "call", "result"],
            )?,
            seconds: HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["plugin", "call"])?,
            denied: counters(
                "plugin_denied_total",
                "Host calls that the plugin was not granted",
                &["plugin", "capability"],
            )?,
            states: gauges("plugins", "Plugins by state", &["state"])?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.calls.clone()))?;
        registry.register(Box::new(self.seconds.clone()))?;
        registry.register(Box::new(self.denied.clone()))?;
        registry.register(Box::new(self.states.clone()))
    }

    /// A call ended; `result` is `ok` or what it failed of, one of few words.
    pub fn called(&self, plugin: &str, call: &str, result: &str, took: Duration) {
        self.calls.with_label_values(&[plugin, call, result]).inc();
        self.seconds
            .with_label_values(&[plugin, call])
            .observe(took.as_secs_f64());
    }

    /// A plugin asked for what it was not granted.
    pub fn denied(&self, plugin: &str, capability: &str) {
        self.denied.with_label_values(&[plugin, capability]).inc();
    }

    /// How many plugins are in each state.
    pub fn states<'a>(&self, states: impl Iterator<Item = (&'a str, usize)>) {
        self.states.reset();
        for (state, count) in states {
            self.states
                .with_label_values(&[state])
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
