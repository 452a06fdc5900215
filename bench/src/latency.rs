//! Quantiles of a run's latencies, exact, from every single measurement.
//!
//! It must not know what was measured. The surprise: no histogram; a run is bounded, and four bytes a request are cheaper than a bucket's error.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one run of a load generator saw; the generators print it as one line of JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Requests or messages answered.
    pub count: u64,
    /// Requests that failed, or connections that ended early.
    pub errors: u64,
    /// How long the load ran.
    pub seconds: f64,
    /// Median latency in microseconds.
    pub p50: f64,
    /// 99th percentile in microseconds.
    pub p99: f64,
}

impl Summary {
    /// Sums up latencies in microseconds, in any order.
    pub fn of(mut latencies: Vec<u32>, errors: u64, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        Self {
            count: latencies.len() as u64,
            errors,
            seconds: elapsed.as_secs_f64(),
            p50: quantile(&latencies, 0.5),
            p99: quantile(&latencies, 0.99),
        }
    }

    /// Requests or messages per second.
    pub fn rate(&self) -> f64 {
        self.count as f64 / self.seconds
    }
}

/// The middle value; of an even number, the mean of the two in the middle. Not a number when there is none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (Some(middle), 1) => *middle,
        (Some(above), _) => (sorted[sorted.len() / 2 - 1] + above) / 2.0,
        (None, _) => f64::NAN,
    }
}

/// Microseconds of a duration, as the generators keep them; over an hour is an hour.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// The nearest-rank quantile of sorted values; not a number when there are none.
pub fn quantile(sorted: &[u32], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .map_or(f64::NAN, |value| f64::from(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_nearest_rank() {
        let values: Vec<u32> = (1..=100).rev().collect();
        let summary = Summary::of(values, 0, Duration::from_secs(2));
        assert_eq!(
            (summary.p50, summary.p99, summary.rate()),
            (50.0, 99.0, 50.0)
        );
    }

    #[test]
    fn the_median_of_an_even_number_is_between() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
    }
}
