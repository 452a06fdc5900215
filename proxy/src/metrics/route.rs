//! The series of one route, found once and then only counted up.

use std::sync::OnceLock;

use prometheus::{Histogram, IntCounter, IntGauge};

use super::Metrics;
use crate::route::Side;

/// First digit of a status, or that there was none because the client left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusClass(u8);

impl StatusClass {
    /// No answer was given.
    pub const NONE: Self = Self(0);

    /// The class of a status.
    pub fn of(status: http::StatusCode) -> Self {
        Self(
            u8::try_from(status.as_u16() / 100)
                .ok()
                .filter(|class| (1..=5).contains(class))
                .unwrap_or(5),
        )
    }

    fn label(self) -> &'static str {
        ["none", "1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(self.0)]
    }
}

/// Metrics of one route.
#[derive(Debug)]
pub struct RouteMetrics {
    metrics: Metrics,
    id: String,
    legacy: SideMetrics,
    rust: SideMetrics,
}

/// Metrics of one side of a route.
#[derive(Debug, Default)]
struct SideMetrics {
    finished: Finished,
    in_flight: OnceLock<IntGauge>,
    websockets: OnceLock<IntGauge>,
}

/// Requests of one kind that ended.
#[derive(Debug, Default)]
pub(super) struct Finished {
    requests: [OnceLock<IntCounter>; 6],
    seconds: OnceLock<Histogram>,
}

impl Finished {
    /// Counts one request. `labels` are route, backend and role.
    pub(super) fn add(
        &self,
        metrics: &Metrics,
        labels: [&str; 3],
        status: StatusClass,
        seconds: f64,
    ) {
        let [route, backend, role] = labels;
        let count = self.requests[usize::from(status.0)].get_or_init(|| {
            metrics
                .requests
                .with_label_values(&[route, backend, role, status.label()])
        });
        count.inc();
        let histogram = self
            .seconds
            .get_or_init(|| metrics.seconds.with_label_values(&labels));
        histogram.observe(seconds);
    }
}

impl RouteMetrics {
    pub(super) fn new(metrics: Metrics, id: &str) -> Self {
        Self {
            metrics,
            id: id.to_owned(),
            legacy: SideMetrics::default(),
            rust: SideMetrics::default(),
        }
    }

    fn side(&self, side: Side) -> &SideMetrics {
        match side {
            Side::Legacy => &self.legacy,
            Side::Rust => &self.rust,
        }
    }

    /// A request ended.
    pub fn finished(&self, side: Side, status: StatusClass, seconds: f64) {
        let labels = [self.id.as_str(), side.name(), "primary"];
        self.side(side)
            .finished
            .add(&self.metrics, labels, status, seconds);
    }

    /// The gauge of requests being answered by that side, over all routes.
    pub fn in_flight(&self, side: Side) -> &IntGauge {
        self.side(side)
            .in_flight
            .get_or_init(|| self.metrics.in_flight.with_label_values(&[side.name()]))
    }

    /// The gauge of open WebSockets.
    pub fn websockets(&self, side: Side) -> &IntGauge {
        let open = || {
            self.metrics
                .websockets
                .with_label_values(&[self.id.as_str(), side.name()])
        };
        self.side(side).websockets.get_or_init(open)
    }

    /// A request was not let in.
    pub fn denied(&self, reason: &'static str) {
        self.metrics
            .denied
            .with_label_values(&[self.id.as_str(), reason])
            .inc();
    }

    /// The native side failed and the legacy was asked.
    pub fn fell_back(&self, reason: &'static str) {
        self.metrics
            .fallback
            .with_label_values(&[self.id.as_str(), reason])
            .inc();
    }
}
