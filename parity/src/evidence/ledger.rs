//! The honesty ledger: how much of the traffic the evidence speaks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::{Comparison, Standing};

/// Why a sampled request was not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// It writes, and writes are not to be repeated.
    WriteSkipped,
    /// No room was left for it.
    Dropped,
    /// The other side was being spared.
    Resting,
    /// Its body, or an answer's, was too large to keep.
    Oversize,
    /// The other side took too long.
    Timeout,
    /// The other side could not be asked, or did not answer.
    Failed,
    /// The client left before the answer ended.
    ClientLeft,
    /// The native side left it to the legacy.
    Declined,
}

/// What became of the traffic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// Requests that the shadow settings cover.
    pub eligible: u64,
    /// Those of them that fell into the sample.
    pub sampled: u64,
    /// Those of the sample that were not compared, by reason.
    pub missed: BTreeMap<Missed, u64>,
    /// Those that were.
    pub compared: u64,
    /// Of these, those of which the legacy was asked twice.
    pub asked_twice: u64,
    /// Compared, and nothing differed at all.
    pub equal: u64,
    /// Compared, and equal but for values that are equal by their class.
    pub equal_by_class: u64,
    /// Compared, and equal but for what is ignored.
    pub ignored: u64,
    /// Compared, and all that differed was announced.
    pub expected: u64,
    /// Compared, and all that differed was noise as far as was known then.
    pub noise: u64,
    /// Compared, and a mismatch as far as was known then; what is known now is `Evidence::mismatched`.
    pub accused: u64,
}

impl Ledger {
    /// Requests lost for a reason that could hide a difference: all but writes, clients that left, and what the native side
    /// does not answer at all.
    pub fn lost(&self) -> u64 {
        let harmless = [Missed::WriteSkipped, Missed::ClientLeft, Missed::Declined];
        self.missed
            .iter()
            .filter(|(why, _)| !harmless.contains(why))
            .map(|(_, count)| count)
            .sum()
    }

    /// How many were not compared for this reason.
    pub fn missed(&self, why: Missed) -> u64 {
        self.missed.get(&why).copied().unwrap_or(0)
    }

    pub(super) fn count(&mut self, verdict: Verdict, comparison: &Comparison) {
        self.compared += 1;
        let ignored = |standing| standing == Standing::Ignored;
        let place = match verdict {
            Verdict::Mismatch => &mut self.accused,
            Verdict::Noise => &mut self.noise,
            Verdict::Expected => &mut self.expected,
            Verdict::Match => {
                if comparison
                    .differences
                    .iter()
                    .any(|difference| ignored(difference.standing))
                {
                    &mut self.ignored
                } else if comparison.by_class > 0 {
                    &mut self.equal_by_class
                } else {
                    &mut self.equal
                }
            }
        };
        *place += 1;
    }
}
