//! The numbers that a judgement rests on, and nothing else of the evidence.
//!
//! They are few enough to travel as metrics, so that the evidence of many sidecars can be judged where none of it is.
//! The surprise: latency does not add up. Counts of several sidecars are one count, but a percentile cannot be had
//! from percentiles, so a fleet is as slow as its slowest sidecar that has measured enough to be believed.

use super::{Gate, condition::FEW};
use crate::Evidence;
use crate::statistics::{ln_mixture, upper_limit};

/// What the gate knows of a route.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Facts {
    /// Compared requests.
    pub compared: u64,
    /// Those of them in which something differs that is not known to be noise.
    pub mismatched: u64,
    /// Compared pairs of statuses.
    pub pairs: u64,
    /// Pairs in which both sides failed with a 5xx.
    pub both: u64,
    /// Pairs in which only rust did.
    pub rust_only: u64,
    /// Pairs in which only the legacy did.
    pub legacy_only: u64,
    /// Server errors of rust since its last success, none of them given by the legacy.
    pub row: u32,
    /// Requests of the sample.
    pub sampled: u64,
    /// Those of them that were not compared, for a reason that could hide a difference.
    pub lost: u64,
    /// How long rust takes for requests that both sides answered.
    pub tail: Tail,
    /// How long rust takes for requests that only one side answered.
    pub alone: Alone,
}

/// Durations of both sides for the same requests.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tail {
    /// Pairs of durations.
    pub pairs: u64,
    /// Rust's p99 as a multiple of legacy's; none without pairs.
    pub ratio: Option<f64>,
}

/// The last durations of each side, where requests were not asked of both; against what the gate tolerates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alone {
    /// Requests in the smaller of both windows.
    pub count: u64,
    /// The chance that rust takes longer than is tolerated of a legacy's duration, 0 to 1.
    pub superiority: f64,
    /// How likely so much of it is when rust does not, 0 to 1.
    pub p: f64,
}

impl Default for Alone {
    /// Nothing is held against rust.
    fn default() -> Self {
        Self {
            count: 0,
            superiority: 0.5,
            p: 1.0,
        }
    }
}

impl Facts {
    /// What this evidence says. The gate is needed for what it tolerates of latency.
    pub fn of(evidence: &Evidence, gate: &Gate) -> Self {
        let failures = evidence.failures();
        let ledger = evidence.ledger();
        Self {
            compared: evidence.compared(),
            mismatched: evidence.mismatched(),
            pairs: failures.pairs,
            both: failures.both,
            rust_only: failures.rust_only,
            legacy_only: failures.legacy_only,
            row: failures.row,
            sampled: ledger.sampled,
            lost: ledger.lost(),
            tail: Tail::of(evidence),
            alone: Alone::of(evidence, gate.latency),
        }
    }

    /// What several sidecars know of the same route, as if one had seen it all.
    ///
    /// Counts add up. The row is the longest: a handler may be broken on one host only. Of latency the worst counts,
    /// among those with at least a hundred pairs.
    pub fn together(all: &[Self]) -> Self {
        let sum = |count: fn(&Self) -> u64| all.iter().map(count).sum();
        Self {
            compared: sum(|facts| facts.compared),
            mismatched: sum(|facts| facts.mismatched),
            pairs: sum(|facts| facts.pairs),
            both: sum(|facts| facts.both),
            rust_only: sum(|facts| facts.rust_only),
            legacy_only: sum(|facts| facts.legacy_only),
            row: all.iter().map(|facts| facts.row).max().unwrap_or(0),
            sampled: sum(|facts| facts.sampled),
            lost: sum(|facts| facts.lost),
            tail: Tail::worst(all),
            alone: Alone::worst(all),
        }
    }

    /// The one-sided 95 % upper limit of the proportion of mismatches, 0 to 1; 1 before anything was compared.
    pub fn bound(&self) -> f64 {
        upper_limit(self.mismatched, self.compared)
    }

    /// Rust's rate of server errors less legacy's, over pairs, in percentage points; none without pairs.
    pub fn excess(&self) -> Option<f64> {
        let surplus = self.rust_only as f64 - self.legacy_only as f64;
        (self.pairs > 0).then(|| 100.0 * surplus / self.pairs as f64)
    }

    /// The e-value of "rust fails more often than the legacy".
    pub fn e_value(&self) -> f64 {
        ln_mixture(self.rust_only, self.legacy_only)
            .exp()
            .min(f64::MAX)
    }
}

impl Tail {
    fn of(evidence: &Evidence) -> Self {
        Self {
            pairs: evidence.latency().pairs(),
            ratio: evidence.latency().quantile_ratio(0.99),
        }
    }

    /// Of sidecars that have too few pairs, all of them, none is believed; the one that has most says how few.
    fn worst(all: &[Facts]) -> Self {
        let tails = all.iter().map(|facts| facts.tail);
        let enough = tails.clone().filter(|tail| tail.pairs >= FEW);
        let believed = enough.reduce(|one, other| Self {
            pairs: one.pairs + other.pairs,
            ratio: larger(one.ratio, other.ratio),
        });
        believed
            .or_else(|| tails.max_by_key(|tail| tail.pairs))
            .unwrap_or_default()
    }
}

impl Alone {
    /// Sorts both windows, but only where they are going to be asked.
    fn of(evidence: &Evidence, tolerance: f64) -> Self {
        let count = evidence.recent().count() as u64;
        if evidence.latency().pairs() >= FEW || count < FEW {
            return Self {
                count,
                ..Self::default()
            };
        }
        let windows = evidence.recent().slower_than(tolerance);
        Self {
            count,
            superiority: windows.superiority,
            p: windows.p,
        }
    }

    /// The most unlikely one, made less so by how many were looked at (Bonferroni).
    fn worst(all: &[Facts]) -> Self {
        let enough = all.iter().filter(|facts| facts.alone.count >= FEW);
        let looks = enough.clone().count() as f64;
        let worst = enough.min_by(|one, other| one.alone.p.total_cmp(&other.alone.p));
        worst.map_or_else(Self::default, |facts| Self {
            p: (facts.alone.p * looks).min(1.0),
            ..facts.alone
        })
    }
}

fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(pairs: u64, ratio: f64) -> Facts {
        Facts {
            tail: Tail {
                pairs,
                ratio: Some(ratio),
            },
            ..Facts::default()
        }
    }

    fn check(all: &[Facts], pairs: u64, ratio: f64) {
        let found = Facts::together(all).tail;
        assert_eq!((found.pairs, found.ratio), (pairs, Some(ratio)), "{all:?}");
    }

    #[test]
    fn counts_add_up_and_the_longest_row_counts() {
        let one = Facts {
            compared: 1_000,
            mismatched: 1,
            rust_only: 2,
            row: 2,
            lost: 3,
            ..Facts::default()
        };
        let other = Facts { row: 4, ..one };
        let both = Facts::together(&[one, other]);
        assert_eq!((both.compared, both.mismatched), (2_000, 2));
        assert_eq!((both.rust_only, both.row, both.lost), (4, 4, 6));
        assert_eq!(Facts::together(&[one]), one);
        assert_eq!(Facts::together(&[]), Facts::default());
    }

    #[test]
    fn rates_of_failures_are_compared_over_pairs() {
        assert_eq!(Facts::default().excess(), None);
        let facts = Facts {
            pairs: 4,
            both: 1,
            rust_only: 1,
            ..Facts::default()
        };
        assert_eq!(facts.excess(), Some(25.0));
        assert!((facts.e_value() - 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_fleet_is_as_slow_as_its_slowest_believable_sidecar() {
        check(&[tail(500, 1.1), tail(200, 1.4)], 700, 1.4);
        check(&[tail(500, 1.1), tail(20, 9.0)], 500, 1.1);
        check(&[tail(60, 1.1), tail(50, 9.0)], 60, 1.1);
    }

    #[test]
    fn many_windows_are_likely_to_have_one_that_is_unlikely() {
        let of = |p| Facts {
            alone: Alone {
                count: 200,
                superiority: 0.6,
                p,
            },
            ..Facts::default()
        };
        let p = |all: &[Facts]| Facts::together(all).alone.p;
        assert_eq!(p(&[of(0.008), of(0.5)]), 0.016);
        assert_eq!(p(&[of(0.008), Facts::default()]), 0.008);
        assert_eq!(p(&[of(0.9), of(0.8)]), 1.0);
    }
}
