//! How long both sides took: percentiles of each, and the ratio within pairs.
//!
//! It must not know what is tolerated. The surprise: a histogram holds no durations, only how many fell into buckets
//! 4.4 % wide, so it stays small however long it is kept, and its percentiles are right to within 2.2 %.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Buckets from one duration to its double.
const PER_DOUBLING: f64 = 16.0;

/// What is told apart at least, so that a clock which did not move does not make a ratio infinite.
const SHORTEST: Duration = Duration::from_micros(1);

/// Durations by the logarithm of their length: at most about 500 buckets up to an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Histogram {
    buckets: BTreeMap<u16, u64>,
    count: u64,
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, took: Duration) {
        let bucket = (micros(took).log2() * PER_DOUBLING) as u16;
        *self.buckets.entry(bucket).or_default() += 1;
        self.count += 1;
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The buckets that are not empty, by their upper bound, and how many fell into each.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let buckets = self.buckets.iter();
        buckets.map(|(bucket, count)| (upper(*bucket), *count))
    }

    /// The duration that the given fraction of all did not exceed, to within a bucket; none without data.
    pub fn quantile(&self, fraction: f64) -> Option<Duration> {
        let rank = ((fraction * self.count as f64).ceil() as u64).max(1);
        let mut below = 0;
        for (bucket, count) in &self.buckets {
            below += count;
            if below >= rank {
                return Some(middle(*bucket));
            }
        }
        None
    }
}

fn middle(bucket: u16) -> Duration {
    Duration::from_secs_f64(((f64::from(bucket) + 0.5) / PER_DOUBLING).exp2() / 1e6)
}

fn upper(bucket: u16) -> Duration {
    Duration::from_secs_f64(((f64::from(bucket) + 1.0) / PER_DOUBLING).exp2() / 1e6)
}

fn micros(took: Duration) -> f64 {
    took.max(SHORTEST).as_secs_f64() * 1e6
}

/// Both sides' durations for the same requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Latency {
    /// Legacy's.
    pub legacy: Histogram,
    /// Rust's.
    pub rust: Histogram,
    /// Mean of `ln(rust / legacy)`, kept by Welford's method.
    mean: f64,
    /// Sum of squared deviations from that mean.
    squares: f64,
}

/// Rust's time as a multiple of legacy's: the geometric mean over pairs, and its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// Below 1 when rust is the faster one.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Latency {
    /// Counts a pair.
    pub fn record(&mut self, legacy: Duration, rust: Duration) {
        self.legacy.record(legacy);
        self.rust.record(rust);
        let ratio = (micros(rust) / micros(legacy)).ln();
        let off = ratio - self.mean;
        self.mean += off / self.pairs() as f64;
        self.squares += off * (ratio - self.mean);
    }

    /// How many pairs were counted.
    pub fn pairs(&self) -> u64 {
        self.legacy.count()
    }

    /// The ratio within pairs; none before the second.
    pub fn ratio(&self) -> Option<Ratio> {
        let n = self.pairs() as f64;
        if n < 2.0 {
            return None;
        }
        let margin = 1.96 * (self.squares / (n - 1.0) / n).sqrt();
        Some(Ratio {
            mean: self.mean.exp(),
            low: (self.mean - margin).exp(),
            high: (self.mean + margin).exp(),
        })
    }

    /// Rust's percentile over legacy's; none without data.
    pub fn quantile_ratio(&self, fraction: f64) -> Option<f64> {
        let (legacy, rust) = (
            self.legacy.quantile(fraction)?,
            self.rust.quantile(fraction)?,
        );
        Some(rust.as_secs_f64() / legacy.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn percentiles_are_right_to_a_bucket() {
        let mut histogram = Histogram::default();
        for took in 1..=1_000 {
            histogram.record(millis(took));
        }
        for (fraction, expect) in [(0.5, 0.5), (0.99, 0.99), (1.0, 1.0), (0.0, 0.001)] {
            let found = histogram.quantile(fraction).unwrap().as_secs_f64();
            assert!((found / expect - 1.0).abs() < 0.03, "{fraction}: {found}");
        }
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    #[test]
    fn any_duration_finds_a_bucket_and_their_number_is_bounded() {
        let mut histogram = Histogram::default();
        histogram.record(Duration::ZERO);
        histogram.record(Duration::MAX);
        for power in 0..3_600 {
            histogram.record(millis(power * 1_000));
        }
        assert!(histogram.buckets.len() < 600);
    }

    #[test]
    fn the_ratio_of_pairs_comes_with_its_confidence() {
        let mut latency = Latency::default();
        for at in 0..1_000 {
            let legacy = millis(5 + at % 100);
            latency.record(legacy, legacy.mul_f64(if at % 2 == 0 { 0.4 } else { 0.9 }));
        }
        let ratio = latency.ratio().unwrap();
        assert!((ratio.mean - 0.6).abs() < 0.001, "{ratio:?}");
        assert!(ratio.low < 0.6 && ratio.high > 0.6 && ratio.high - ratio.low < 0.05);
    }

    #[test]
    fn a_histogram_survives_a_restart() {
        let mut latency = Latency::default();
        latency.record(millis(3), millis(4));
        let text = serde_json::to_string(&latency).unwrap();
        assert_eq!(serde_json::from_str::<Latency>(&text).unwrap(), latency);
    }
}
