//! What a route's comparisons have shown so far.
//!
//! One value per route and epoch; it survives a restart as JSON. It must not know sockets, clocks or files: time comes
//! in as unix seconds. The surprise: mismatches are not counted but derived. A request is a mismatch for as long as one
//! of the keys it differed in is not known to be noise, so what is learned later judges what was seen before.

mod failures;
mod keys;
mod ledger;
mod recent;
mod report;
mod signatures;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use failures::Failures;
pub use ledger::{Ledger, Missed};
pub use recent::Recent;
pub use report::{KeyReport, Recorded, Verdict};

use crate::latency::Latency;
use crate::shape::{Shape, Shapes};
use crate::statistics::upper_limit;
use crate::{Comparison, Standing};
use keys::Keys;
use signatures::Signatures;

/// A rule that took no effect for so long is dead, in seconds.
const DAY: u64 = 86_400;

/// One compared request.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Legacy against rust.
    pub comparison: &'a Comparison,
    /// Legacy against legacy, where the request was asked of it twice; its differences are the legacy's own noise.
    pub again: Option<&'a Comparison>,
    /// What the legacy answered, the first time.
    pub legacy: Answered,
    /// What rust answered.
    pub rust: Answered,
    /// The request's shape.
    pub shape: &'a Shape,
    /// When, in unix seconds.
    pub at: u64,
}

/// An answer, as far as its status and time go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The status; for a side that failed to answer, the one that the client would get.
    pub status: u16,
    /// From the complete request to the head of the answer: what a client waits for. Zero when there was none.
    pub took: Duration,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The legacy.
    Legacy,
    /// The native handler.
    Rust,
}

/// A route's evidence within one epoch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Counts the beginnings.
    pub epoch: u32,
    /// What the epoch stands and falls with: the handler's build, the route's rules, the legacy's version.
    pub fingerprint: String,
    /// When it began, unix seconds.
    pub begun: u64,
    ledger: Ledger,
    keys: Keys,
    signatures: Signatures,
    failures: Failures,
    latency: Latency,
    recent: Recent,
    shapes: Shapes,
    rules: BTreeMap<u16, u64>,
}

impl Evidence {
    /// Begins an epoch, at a time in unix seconds, with nothing known.
    pub fn begin(epoch: u32, fingerprint: String, at: u64) -> Self {
        Self {
            epoch,
            fingerprint,
            begun: at,
            ..Self::default()
        }
    }

    /// The next epoch, begun at a time in unix seconds, with nothing known but how well the legacy is: a new build at a
    /// dial of 100 would otherwise fail unnoticed, for there is nobody left to ask.
    #[must_use]
    pub fn next(&self, fingerprint: String, at: u64) -> Self {
        Self {
            failures: self.failures.of_legacy(),
            ..Self::begin(self.epoch.saturating_add(1), fingerprint, at)
        }
    }

    /// A request came that the shadow settings cover.
    pub fn eligible(&mut self, shape: &Shape) {
        self.ledger.eligible += 1;
        self.shapes.saw(shape);
    }

    /// That many requests came that the shadow settings cover, of which nothing more is known: the sample did not take
    /// them.
    pub fn passed(&mut self, requests: u64) {
        self.ledger.eligible += requests;
    }

    /// That many requests fell into the sample and were turned away, because there was no room or the other side was
    /// being spared.
    pub fn dropped(&mut self, requests: u64) {
        if requests > 0 {
            self.ledger.eligible += requests;
            self.ledger.sampled += requests;
            *self.ledger.missed.entry(Missed::Dropped).or_default() += requests;
        }
    }

    /// It fell into the sample, and is to be followed by [`record`](Self::record) or [`missed`](Self::missed).
    pub fn sampled(&mut self) {
        self.ledger.sampled += 1;
    }

    /// A sampled request was not compared.
    pub fn missed(&mut self, why: Missed) {
        *self.ledger.missed.entry(why).or_default() += 1;
    }

    /// One side answered a client, and the other is not going to be asked.
    pub fn served(&mut self, side: Side, answer: Answered) {
        match side {
            Side::Legacy => self.failures.legacy(answer.status),
            Side::Rust => self.failures.rust(answer.status),
        }
        self.recent.record(side, answer.took);
    }

    /// Counts a comparison. Takes microseconds.
    pub fn record(&mut self, pair: &Pair<'_>) -> Recorded {
        let open = self.keys.count(pair.comparison, pair.at);
        if let Some(again) = pair.again {
            self.ledger.asked_twice += 1;
            self.keys.learn(&open, again, pair.at);
        }
        self.note(pair);
        let verdict = self.verdict(&open, pair.comparison);
        self.ledger.count(verdict, pair.comparison);
        let keys = open.iter().map(|id| self.keys.key(*id)).collect();
        self.signatures.add(open);
        Recorded { verdict, keys }
    }

    /// Compared requests.
    pub fn compared(&self) -> u64 {
        self.ledger.compared
    }

    /// Compared requests in which something differs that is not known to be noise; it can go down as well as up.
    pub fn mismatched(&self) -> u64 {
        self.signatures.accused(|key| self.keys.is_noise(key))
    }

    /// The one-sided 95 % upper limit of the proportion of mismatches, 0 to 1; 1 before anything was compared.
    pub fn bound(&self) -> f64 {
        upper_limit(self.mismatched(), self.compared())
    }

    /// Every key in which something differed, the most frequent first.
    pub fn differences(&self) -> Vec<KeyReport> {
        self.keys.report()
    }

    /// When a difference that is not noise was last seen, in unix seconds.
    pub fn last_mismatch(&self) -> Option<u64> {
        self.keys.last_held_against()
    }

    /// What was and was not compared.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Server errors.
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Durations of compared requests.
    pub fn latency(&self) -> &Latency {
        &self.latency
    }

    /// Durations of the last requests that only one side was asked.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Request shapes.
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The rules, of `count` in all, that took no effect within a day; none before there was a day of comparisons.
    pub fn dead_rules(&self, count: u16, now: u64) -> Vec<u16> {
        let last = |rule: &u16| self.rules.get(rule).copied().unwrap_or(self.begun);
        (0..count)
            .filter(|rule| self.compared() > 0 && now.saturating_sub(last(rule)) >= DAY)
            .collect()
    }

    fn note(&mut self, pair: &Pair<'_>) {
        self.failures.pair(pair.legacy.status, pair.rust.status);
        if !pair.rust.took.is_zero() {
            self.latency.record(pair.legacy.took, pair.rust.took);
        }
        self.shapes.compared(pair.shape);
        for rule in &pair.comparison.rules {
            self.rules.insert(*rule, pair.at);
        }
    }

    fn verdict(&self, open: &[u16], comparison: &Comparison) -> Verdict {
        let expected = |standing| standing == Standing::Expected;
        if open.iter().any(|key| !self.keys.is_noise(*key)) {
            Verdict::Mismatch
        } else if !open.is_empty() {
            Verdict::Noise
        } else if comparison
            .differences
            .iter()
            .any(|difference| expected(difference.standing))
        {
            Verdict::Expected
        } else {
            Verdict::Match
        }
    }
}

#[cfg(test)]
mod tests;
