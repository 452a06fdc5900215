//! May the dial rise, must it fall, or does it stay?
//!
//! A plain function of facts, settings and the time; it turns no dial, and must not know who does. Silence is hold.
//! The surprise: only server errors roll back. A mismatch, however real, holds: going back would not make the answers
//! that were given any better, and a person should look first.

mod condition;
mod facts;
mod words;

use std::time::Duration;

use serde::Serialize;

pub use condition::Condition;
pub use facts::{Alone, Facts, Tail};

use crate::Evidence;

/// Errors of rust in a row, none of them given by the legacy, that roll a route back.
const ROW: u32 = 5;

/// The e-value of "rust fails more often" that rolls a route back: a false alarm in a hundred epochs.
const ALARM: f64 = 100.0;

/// The e-value of "mismatches are fewer than allowed" that a promotion needs: one in twenty routes that are no better
/// than allowed is ever promoted, however long it is watched.
const ODDS: f64 = 20.0;

/// What a route asks for before its dial rises.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The dial's stops, percent, rising.
    pub steps: Vec<f64>,
    /// Least time at a stop.
    pub hold: Duration,
    /// Percent that the upper limit of mismatches must be below.
    pub mismatch: f64,
    /// Percentage points of server errors that rust may have over legacy.
    pub errors: f64,
    /// Multiple of legacy's p99 that rust's may reach.
    pub latency: f64,
}

/// Where the dial stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Percent of requests that rust answers.
    pub percent: f64,
    /// Since when, unix seconds.
    pub since: u64,
    /// The time now, unix seconds.
    pub now: u64,
}

/// What to do with the dial.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Turn it up to the next step.
    Promote {
        /// Percent.
        to: f64,
    },
    /// Leave it.
    Hold,
    /// Turn it down to 0, at once.
    Rollback,
}

impl State {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Promote { .. } => "promote",
            Self::Hold => "hold",
            Self::Rollback => "rollback",
        }
    }
}

/// What the gate says, and on what grounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// What to do.
    pub state: State,
    /// One sentence for people: what does not hold, with its numbers.
    pub why: String,
    /// Every condition, whether it holds or not.
    pub conditions: Vec<Condition>,
}

impl Judgement {
    /// Whether every condition holds. At the last step the dial stays although they do.
    pub fn holds(&self) -> bool {
        self.conditions.iter().all(|condition| condition.holds)
    }
}

/// Judges a route's evidence. Takes microseconds up to some hundred thousand comparisons.
pub fn judge(evidence: &Evidence, gate: &Gate, stop: &Stop) -> Judgement {
    judge_facts(&Facts::of(evidence, gate), gate, stop)
}

/// Judges by facts alone, of one sidecar or of many [together](Facts::together).
pub fn judge_facts(facts: &Facts, gate: &Gate, stop: &Stop) -> Judgement {
    let conditions = condition::all(facts, gate, stop);
    let next = gate.steps.iter().copied().find(|step| *step > stop.percent);
    let alarm = alarm(facts);
    let holds = conditions.iter().all(|condition| condition.holds);
    let (state, why) = match (alarm, next) {
        (Some(alarm), _) if stop.percent > 0.0 => (State::Rollback, alarm),
        (Some(alarm), _) => (State::Hold, alarm),
        (None, _) if facts.compared == 0 => (State::Hold, "nothing compared yet".to_owned()),
        (None, _) if !holds => (State::Hold, words::failing(facts, gate, &conditions)),
        (None, Some(to)) => (State::Promote { to }, words::passing(facts, gate, to)),
        (None, None) => (State::Hold, words::at_the_end(facts)),
    };
    Judgement {
        state,
        why,
        conditions,
    }
}

/// What rolls the route back, if anything does.
fn alarm(facts: &Facts) -> Option<String> {
    if facts.row >= ROW {
        return Some(words::row(facts));
    }
    (facts.e_value() >= ALARM).then(|| words::excess(facts))
}

#[cfg(test)]
mod tests;
