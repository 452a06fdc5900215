//! What tells whether the service being replaced can be switched off.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Gauge, IntGauge, Registry};

use super::{Metrics, opts};
use crate::retire::Legacy;
use crate::route::Side;

/// What is told of the legacy.
#[derive(Debug, Clone)]
pub(super) struct LegacyMetrics {
    needed: IntGauge,
    idle: Gauge,
}

impl LegacyMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        Ok(Self {
            needed: IntGauge::with_opts(opts(
                "legacy_needed",
                "0 when the legacy can be switched off, or is",
            ))?,
            idle: Gauge::with_opts(opts(
                "legacy_idle_seconds",
                "Time since somebody last needed the legacy",
            ))?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.needed.clone()))
    }
}

impl Metrics {
    /// Shows whether the legacy is needed, and for how long it was not. One that is gone has no idle time.
    pub fn legacy(&self, verdict: &Legacy, idle: Duration) {
        let LegacyMetrics {
            needed: gauge,
            idle: seconds,
        } = &self.legacy;
        gauge.set(verdict.is_needed().into());
        seconds.set(idle.as_secs_f64());
        // Registered twice, or taken away twice, changes nothing.
        let _ = match verdict {
            Legacy::Gone => self.registry.unregister(Box::new(seconds.clone())),
            _ => self.registry.register(Box::new(seconds.clone())),
        };
    }

    /// Requests and WebSockets of clients that are open to the legacy.
    pub fn open_to_legacy(&self) -> u64 {
        let legacy = Side::Legacy.name();
        let families = [self.in_flight.collect(), self.websockets.collect()];
        let series = families
            .iter()
            .flatten()
            .flat_map(|family| family.get_metric());
        let to_legacy = series.filter(|series| {
            let mut labels = series.get_label().iter();
            labels.any(|label| label.name() == "backend" && label.value() == legacy)
        });
        let open: f64 = to_legacy.map(|series| series.get_gauge().get_value()).sum();
        open.max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_to_the_legacy_is_counted_over_all_routes() {
        let metrics = Metrics::new().unwrap();
        assert_eq!(metrics.open_to_legacy(), 0);
        let (orders, hooks) = (metrics.route("orders"), metrics.route("hooks"));
        orders.in_flight(Side::Legacy).inc();
        orders.websockets(Side::Legacy).inc();
        hooks.websockets(Side::Legacy).inc();
        hooks.websockets(Side::Rust).inc();
        hooks.in_flight(Side::Rust).inc();
        assert_eq!(metrics.open_to_legacy(), 3);
        orders.in_flight(Side::Legacy).dec();
        assert_eq!(metrics.open_to_legacy(), 2);
    }

    #[test]
    fn one_that_is_gone_has_no_idle_time() {
        let metrics = Metrics::new().unwrap();
        let text = |verdict| {
            metrics.legacy(&verdict, Duration::from_secs(90));
            metrics.text().unwrap()
        };
        let there = text(Legacy::Idle {
            since: Duration::from_secs(90),
            left: Duration::from_secs(1),
        });
        assert!(there.contains("overgrow_legacy_needed 1"), "{there}");
        assert!(there.contains("overgrow_legacy_idle_seconds 90"), "{there}");
        let gone = text(Legacy::Gone);
        assert!(gone.contains("overgrow_legacy_needed 0"), "{gone}");
        assert!(!gone.contains("overgrow_legacy_idle_seconds"), "{gone}");
        let can_go = text(Legacy::CanGo {
            since: Duration::from_secs(90),
        });
        assert!(can_go.contains("overgrow_legacy_needed 0"), "{can_go}");
        assert!(
            can_go.contains("overgrow_legacy_idle_seconds 90"),
            "{can_go}"
        );
    }
}
