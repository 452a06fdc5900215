//! What was counted, read back for people: requests by route and side.

use std::collections::BTreeMap;

use prometheus::core::Collector;
use prometheus::proto::Metric;

use super::Metrics;
use crate::route::Side;

/// Requests of clients that ended, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Answered by the legacy.
    pub legacy: u64,
    /// Answered by rust.
    pub rust: u64,
}

impl Metrics {
    /// The traffic of every route that was asked for; `-` has what no route took. Creates no series.
    pub fn traffic(&self) -> BTreeMap<String, Traffic> {
        let families = self.requests.collect();
        let series = families.iter().flat_map(|family| family.get_metric());
        let mut traffic = BTreeMap::<String, Traffic>::new();
        for metric in series.filter(|metric| label(metric, "role") == "primary") {
            let route = traffic.entry(label(metric, "route").to_owned());
            let count = metric.get_counter().get_value() as u64;
            route.or_default().add(label(metric, "backend"), count);
        }
        traffic
    }
}

impl Traffic {
    /// Both sides together.
    pub fn all(&self) -> u64 {
        self.legacy + self.rust
    }

    fn add(&mut self, backend: &str, count: u64) {
        if backend == Side::Rust.name() {
            self.rust += count;
        } else {
            self.legacy += count;
        }
    }
}

impl std::iter::Sum for Traffic {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            legacy: sum.legacy + one.legacy,
            rust: sum.rust + one.rust,
        })
    }
}

pub(super) fn label<'a>(metric: &'a Metric, name: &str) -> &'a str {
    let mut labels = metric.get_label().iter();
    let found = labels.find(|label| label.name() == name);
    found.map_or("", |label| label.value())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::metrics::StatusClass;

    #[test]
    fn only_clients_count_as_traffic() {
        let metrics = Metrics::new().unwrap();
        let ok = StatusClass::of(StatusCode::OK);
        let orders = metrics.route("orders");
        orders.finished(Side::Legacy, ok, 0.1);
        orders.finished(Side::Legacy, StatusClass::NONE, 0.1);
        orders.finished(Side::Rust, ok, 0.1);
        metrics.shadow("orders").answered(Side::Rust, ok, 0.1);
        metrics.route("-").finished(Side::Legacy, ok, 0.1);
        let traffic = metrics.traffic();
        assert_eq!(traffic["orders"], Traffic { legacy: 2, rust: 1 });
        assert_eq!(traffic.into_values().sum::<Traffic>().all(), 4);
    }
}
