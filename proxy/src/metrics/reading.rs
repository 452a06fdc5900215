//! The counters and histograms of requests, read back as numbers by whoever draws them over time.
//!
//! It must not know what was read before. The surprise: nothing is kept for it; a reading costs whoever asks, and no
//! request.

use std::collections::HashMap;

use prometheus::core::Collector;
use prometheus::proto::{Histogram, Metric};

use super::traffic::label;
use super::{Metrics, SECONDS};
use crate::route::Side;

/// Whether the answer went to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It did.
    Primary,
    /// It was only compared.
    Shadow,
}

/// What requests are counted under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counted {
    /// The route's id; `-` for what no route took.
    pub route: String,
    /// Who answered.
    pub side: Side,
    /// For whom.
    pub role: Role,
}

/// Requests by how long they took: one number for each bound of [`BOUNDS`], and one for what took longer.
pub type Buckets = [u64; BOUNDS.len() + 1];

/// Upper bounds of the buckets in seconds.
pub const BOUNDS: [f64; SECONDS.len()] = SECONDS;

/// Requests since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All of them.
    pub requests: u64,
    /// Those that were answered with a 5xx.
    pub errors: u64,
    /// By duration; not cumulative.
    pub buckets: Buckets,
}

/// Everything that was counted so far.
pub type Reading = HashMap<Counted, Tally>;

impl Metrics {
    /// What was counted so far. Creates no series.
    pub fn reading(&self) -> Reading {
        let mut reading = Reading::new();
        for family in self.requests.collect() {
            for metric in family.get_metric() {
                let count = metric.get_counter().get_value() as u64;
                let tally = reading.entry(counted(metric)).or_default();
                tally.requests += count;
                tally.errors += if label(metric, "status") == "5xx" {
                    count
                } else {
                    0
                };
            }
        }
        for family in self.seconds.collect() {
            for metric in family.get_metric() {
                let tally = reading.entry(counted(metric)).or_default();
                tally.buckets = buckets(metric.get_histogram());
            }
        }
        reading
    }
}

fn counted(metric: &Metric) -> Counted {
    let is_rust = label(metric, "backend") == Side::Rust.name();
    let is_shadow = label(metric, "role") == "shadow";
    Counted {
        route: label(metric, "route").to_owned(),
        side: if is_rust { Side::Rust } else { Side::Legacy },
        role: if is_shadow {
            Role::Shadow
        } else {
            Role::Primary
        },
    }
}

/// Prometheus counts in each bucket what the ones before it hold as well.
fn buckets(histogram: &Histogram) -> Buckets {
    let mut buckets = Buckets::default();
    let mut below = 0;
    for (bucket, read) in buckets.iter_mut().zip(histogram.get_bucket()) {
        *bucket = read.cumulative_count().saturating_sub(below);
        below = read.cumulative_count();
    }
    buckets[BOUNDS.len()] = histogram.get_sample_count().saturating_sub(below);
    buckets
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::metrics::StatusClass;

    #[test]
    fn a_reading_tells_sides_roles_and_durations_apart() {
        let metrics = Metrics::new().unwrap();
        let (ok, bad) = (
            StatusClass::of(StatusCode::OK),
            StatusClass::of(StatusCode::BAD_GATEWAY),
        );
        let orders = metrics.route("orders");
        orders.finished(Side::Rust, ok, 0.0004);
        orders.finished(Side::Rust, bad, 0.07);
        orders.finished(Side::Rust, ok, 600.0);
        metrics.shadow("orders").answered(Side::Rust, ok, 0.2);
        let reading = metrics.reading();
        let of = |role| {
            let route = "orders".to_owned();
            reading[&Counted {
                route,
                side: Side::Rust,
                role,
            }]
        };
        let primary = of(Role::Primary);
        assert_eq!((primary.requests, primary.errors), (3, 1));
        assert_eq!(
            (primary.buckets[0], primary.buckets[7], primary.buckets[15]),
            (1, 1, 1)
        );
        assert_eq!(primary.buckets.iter().sum::<u64>(), 3);
        assert_eq!(of(Role::Shadow).requests, 1);
    }
}
