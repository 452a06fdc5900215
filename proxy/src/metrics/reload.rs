//! The series of routes.toml: how it was read, and whether it is what runs.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, Registry};

use super::{SECONDS, counters, opts};

/// What is told of reloads.
#[derive(Debug, Clone)]
pub(super) struct ReloadMetrics {
    reads: IntCounterVec,
    seconds: Histogram,
    generation: IntGauge,
    synchronized: IntGauge,
}

impl ReloadMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let gauge = |name, help| IntGauge::with_opts(opts(name, help));
        let seconds = HistogramOpts::new(
            "overgrow_reload_seconds",
            "Time from noticing a change to using it",
        );
        let metrics = Self {
            reads: counters(
                "reload_total",
                "Reads of routes.toml that found a change",
                &["result"],
            )?,
            seconds: Histogram::with_opts(seconds.buckets(SECONDS.to_vec()))?,
            generation: gauge(
                "config_generation",
                "Counts accepted versions of routes.toml",
            )?,
            synchronized: gauge(
                "config_synchronized",
                "1 when routes.toml is what is running",
            )?,
        };
        // A counter that is born at one has not risen, as far as Prometheus can tell.
        for result in ["ok", "rejected", "unchanged"] {
            metrics.reads.with_label_values(&[result]);
        }
        Ok(metrics)
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.reads.clone()))?;
        registry.register(Box::new(self.seconds.clone()))?;
        registry.register(Box::new(self.generation.clone()))?;
        registry.register(Box::new(self.synchronized.clone()))
    }

    pub(super) fn taken(&self, generation: u64, took: Duration) {
        self.reads.with_label_values(&["ok"]).inc();
        self.seconds.observe(took.as_secs_f64());
        self.runs(generation);
        self.synchronized.set(1);
    }

    pub(super) fn rejected(&self) {
        self.reads.with_label_values(&["rejected"]).inc();
        self.synchronized.set(0);
    }

    pub(super) fn unchanged(&self) {
        self.reads.with_label_values(&["unchanged"]).inc();
        self.synchronized.set(1);
    }

    pub(super) fn out_of_sync(&self, generation: u64) {
        self.runs(generation);
        self.synchronized.set(0);
    }

    fn runs(&self, generation: u64) {
        let generation = i64::try_from(generation).unwrap_or(i64::MAX);
        self.generation.set(generation);
    }
}
