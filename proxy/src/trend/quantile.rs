//! Percentiles out of buckets, as Prometheus' `histogram_quantile` has them.
//!
//! Pure. The surprise: they are guesses within a bucket, evenly spread, so two of them compare only across buckets.

use crate::metrics::{BOUNDS, Buckets};

/// The duration in seconds that the given fraction of the counted did not exceed; none without any. What took longer
/// than the last bound is told as that bound.
pub fn quantile(buckets: &Buckets, fraction: f64) -> Option<f64> {
    let total: u64 = buckets.iter().sum();
    let rank = fraction * total as f64;
    let (mut below, mut lower) = (0.0, 0.0);
    for (count, upper) in buckets.iter().zip(BOUNDS) {
        let count = *count as f64;
        if count > 0.0 && below + count >= rank {
            return Some(lower + (upper - lower) * ((rank - below) / count).clamp(0.0, 1.0));
        }
        (below, lower) = (below + count, upper);
    }
    (total > 0).then_some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(filled: &[(usize, u64)], fraction: f64, expect: Option<f64>) {
        let mut buckets = Buckets::default();
        for (at, count) in filled {
            buckets[*at] = *count;
        }
        let found = quantile(&buckets, fraction);
        let off = found.unwrap_or(-1.0) - expect.unwrap_or(-1.0);
        assert!(off.abs() < 1e-9, "{filled:?} {fraction}: {found:?}");
    }

    #[test]
    fn percentiles_lie_within_their_bucket() {
        check(&[], 0.5, None);
        // All between 5 and 10 ms.
        check(&[(4, 100)], 0.5, Some(0.0075));
        check(&[(4, 100)], 1.0, Some(0.01));
        check(&[(0, 10)], 0.5, Some(0.00025));
        // 98 fast ones, two slow ones: the 99th is in the middle of the slow bucket.
        check(&[(0, 98), (9, 2)], 0.99, Some(0.375));
        check(&[(0, 98), (9, 2)], 0.5, Some(0.0005 * 50.0 / 98.0));
        // Longer than a minute cannot be told.
        check(&[(15, 3)], 0.99, Some(60.0));
    }
}
