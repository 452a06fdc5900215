//! One series' half hour: what each sample found, and the buckets of the last minute.
//!
//! The surprise is what is not kept: the buckets of older samples. Percentiles are made when a sample is taken, so a
//! sample is 16 bytes and a series with its half hour about 10 KB; one that rests for half an hour gives that back.

use std::collections::VecDeque;

use super::KEPT;
use super::history::Rates;
use super::quantile::quantile;
use crate::metrics::{Buckets, Tally};

/// Samples in the last minute.
pub(super) const MINUTE: usize = 12;

/// What one sample found; zero seconds stand for none.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    requests: u32,
    errors: u32,
    p50: f32,
    p99: f32,
}

/// The samples of one series, newest last.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// What was counted when the last sample was taken.
    seen: Tally,
    samples: VecDeque<Sample>,
    minute: VecDeque<Tally>,
    /// Samples since something was counted.
    quiet: usize,
}

impl Ring {
    /// Takes a sample of a counter that stands at `now`.
    pub(super) fn take(&mut self, now: &Tally) {
        let found = difference(now, &self.seen);
        self.seen = *now;
        self.quiet = if found.requests > 0 {
            0
        } else {
            self.quiet + 1
        };
        pushed(&mut self.samples, sample(&found), KEPT);
        pushed(&mut self.minute, found, MINUTE);
    }

    /// Whether nothing in it is worth keeping but the count.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet >= KEPT
    }

    /// Gives up all but the count.
    pub(super) fn rest(&mut self) {
        (self.samples, self.minute) = Default::default();
    }

    /// Requests in the newest samples.
    pub(super) fn requests(&self, samples: usize) -> u64 {
        let newest = self.samples.iter().rev().take(samples);
        newest.map(|sample| u64::from(sample.requests)).sum()
    }

    /// The sample that many back, over so many seconds; none when nothing was counted then.
    pub(super) fn rates(&self, back: usize, seconds: f64) -> Option<Rates> {
        let at = self.samples.len().checked_sub(back + 1)?;
        let sample = self.samples[at];
        (sample.requests > 0 && seconds > 0.0).then(|| Rates {
            rps: f64::from(sample.requests) / seconds,
            errors: f64::from(sample.errors) / f64::from(sample.requests),
            p50: f64::from(sample.p50),
            p99: f64::from(sample.p99),
        })
    }

    /// The last minute in one; none when nothing was counted in it.
    pub(super) fn minute(&self, seconds: f64) -> Option<Rates> {
        let sum = self.minute.iter().fold(Tally::default(), added);
        (sum.requests > 0 && seconds > 0.0).then(|| Rates {
            rps: sum.requests as f64 / seconds,
            errors: sum.errors as f64 / sum.requests as f64,
            p50: quantile(&sum.buckets, 0.5).unwrap_or_default(),
            p99: quantile(&sum.buckets, 0.99).unwrap_or_default(),
        })
    }
}

fn sample(found: &Tally) -> Sample {
    Sample {
        requests: u32::try_from(found.requests).unwrap_or(u32::MAX),
        errors: u32::try_from(found.errors).unwrap_or(u32::MAX),
        p50: quantile(&found.buckets, 0.5).unwrap_or_default() as f32,
        p99: quantile(&found.buckets, 0.99).unwrap_or_default() as f32,
    }
}

/// Both together.
pub(super) fn added(sum: Tally, more: &Tally) -> Tally {
    Tally {
        requests: sum.requests + more.requests,
        errors: sum.errors + more.errors,
        buckets: paired(&sum.buckets, &more.buckets, |a, b| a + b),
    }
}

fn difference(now: &Tally, before: &Tally) -> Tally {
    Tally {
        requests: now.requests.saturating_sub(before.requests),
        errors: now.errors.saturating_sub(before.errors),
        buckets: paired(&now.buckets, &before.buckets, u64::saturating_sub),
    }
}

fn paired(left: &Buckets, right: &Buckets, join: impl Fn(u64, u64) -> u64) -> Buckets {
    std::array::from_fn(|at| join(left[at], right[at]))
}

fn pushed<T>(kept: &mut VecDeque<T>, one: T, most: usize) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(one);
}
