//! The series of the queue to the legacy, read when somebody looks.

use overgrow_bridge::BridgeStatus;
use prometheus::{Gauge, IntCounter, IntGauge, Registry};

use super::opts;

/// What is told of the bridge.
#[derive(Debug, Clone)]
pub(super) struct BridgeMetrics {
    waiting: IntGauge,
    dead: IntGauge,
    connected: IntGauge,
    oldest: Gauge,
    delivered: IntCounter,
    coalesced: IntCounter,
}

impl BridgeMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let gauge = |name, help| IntGauge::with_opts(opts(name, help));
        let counter = |name, help| IntCounter::with_opts(opts(name, help));
        Ok(Self {
            waiting: gauge("bridge_waiting", "Dispatches that wait for the legacy")?,
            dead: gauge(
                "bridge_dead_letters",
                "Dispatches that the legacy refused for good",
            )?,
            connected: gauge("bridge_connected", "1 when the legacy takes dispatches")?,
            oldest: Gauge::with_opts(opts(
                "bridge_oldest_seconds",
                "Age of the oldest dispatch that waits",
            ))?,
            delivered: counter("bridge_delivered_total", "Dispatches that the legacy took")?,
            coalesced: counter(
                "bridge_coalesced_total",
                "Wakes that only repeated the one before them",
            )?,
        })
    }

    /// Shows them from the first look at a bridge on: one that is not open has no series.
    pub(super) fn show(&self, status: &BridgeStatus, registry: &Registry) {
        self.register(registry);
        self.waiting.set(gauge(status.waiting));
        self.dead.set(gauge(status.dead));
        self.connected.set(status.connected.into());
        self.oldest.set(status.oldest_seconds as f64);
        raise(&self.delivered, status.delivered);
        raise(&self.coalesced, status.coalesced);
    }

    /// A second time changes nothing.
    fn register(&self, registry: &Registry) {
        let gauges = [&self.waiting, &self.dead, &self.connected];
        for gauge in gauges {
            let _ = registry.register(Box::new(gauge.clone()));
        }
        let _ = registry.register(Box::new(self.oldest.clone()));
        for counter in [&self.delivered, &self.coalesced] {
            let _ = registry.register(Box::new(counter.clone()));
        }
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The bridge counts itself; a counter here only follows.
fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}
