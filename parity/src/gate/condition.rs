//! What must hold before the dial rises, each with its value, its threshold and how much it rests on.

use serde::Serialize;

use super::facts::{Alone, Tail};
use super::{ALARM, Facts, Gate, ODDS, ROW, Stop};
use crate::statistics::odds_below;

/// Pairs, or requests in each window, before a percentile says anything.
pub(super) const FEW: u64 = 100;

/// Percent of the sample that may be lost for reasons that could hide a difference.
const LOST: f64 = 5.0;

/// How unlikely "not slower" must be before unpaired durations are held against rust.
const UNLIKELY: f64 = 0.01;

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    /// What is measured.
    pub name: &'static str,
    /// Whether it is as it must be.
    pub holds: bool,
    /// The measured value, in the threshold's unit; none without data.
    pub value: Option<f64>,
    /// What it is held against.
    pub threshold: f64,
    /// How many requests it rests on.
    pub n: u64,
}

/// Every condition, in the order in which people ask for them.
pub(super) fn all(facts: &Facts, gate: &Gate, stop: &Stop) -> Vec<Condition> {
    vec![
        mismatch(facts, gate),
        watched(facts, gate),
        held(facts, gate, stop),
        errors(facts, gate),
        row(facts),
        chance(facts),
        latency(facts, gate),
        lost(facts),
    ]
}

/// Percent.
fn mismatch(facts: &Facts, gate: &Gate) -> Condition {
    let bound = 100.0 * facts.bound();
    Condition {
        name: "mismatch",
        holds: bound < gate.mismatch,
        value: (facts.compared > 0).then_some(bound),
        threshold: gate.mismatch,
        n: facts.compared,
    }
}

/// Odds. The bound is honest at one look; the dial is moved at the first of thousands that pleases, and needs these.
fn watched(facts: &Facts, gate: &Gate) -> Condition {
    let odds = odds_below(facts.mismatched, facts.compared, gate.mismatch / 100.0);
    Condition {
        name: "mismatch odds",
        holds: odds >= ODDS,
        value: (facts.compared > 0).then_some(odds),
        threshold: ODDS,
        n: facts.compared,
    }
}

/// Seconds.
fn held(facts: &Facts, gate: &Gate, stop: &Stop) -> Condition {
    let held = stop.now.saturating_sub(stop.since) as f64;
    let hold = gate.hold.as_secs_f64();
    Condition {
        name: "hold",
        holds: held >= hold,
        value: Some(held),
        threshold: hold,
        n: facts.compared,
    }
}

/// Percentage points.
fn errors(facts: &Facts, gate: &Gate) -> Condition {
    let excess = facts.excess();
    Condition {
        name: "errors",
        holds: excess.is_some_and(|excess| excess <= gate.errors),
        value: excess,
        threshold: gate.errors,
        n: facts.pairs,
    }
}

/// Answers. What rolls back is a condition too, so that the gate never holds while it does.
fn row(facts: &Facts) -> Condition {
    let row = facts.row;
    Condition {
        name: "errors in a row",
        holds: row < ROW,
        value: Some(f64::from(row)),
        threshold: f64::from(ROW),
        n: facts.pairs,
    }
}

/// Odds against chance. Many pairs can show a rate to be higher that is still within what `errors` allows.
fn chance(facts: &Facts) -> Condition {
    let odds = facts.e_value();
    Condition {
        name: "errors beyond chance",
        holds: odds < ALARM,
        value: Some(odds),
        threshold: ALARM,
        n: facts.pairs,
    }
}

/// A multiple of legacy's p99. Where pairs are too few and both sides served enough alone, the windows of those decide,
/// and the value is the chance that rust's exceeds what is tolerated.
fn latency(facts: &Facts, gate: &Gate) -> Condition {
    let Tail { pairs, ratio } = facts.tail;
    if pairs < FEW && facts.alone.count >= FEW {
        return alone_latency(facts.alone);
    }
    Condition {
        name: "latency",
        holds: pairs >= FEW && ratio.is_some_and(|ratio| ratio <= gate.latency),
        value: ratio,
        threshold: gate.latency,
        n: pairs,
    }
}

fn alone_latency(alone: Alone) -> Condition {
    Condition {
        name: "latency without pairs",
        holds: alone.p >= UNLIKELY,
        value: Some(alone.superiority),
        threshold: 0.5,
        n: alone.count,
    }
}

/// Percent of the sample.
fn lost(facts: &Facts) -> Condition {
    let lost = 100.0 * facts.lost as f64 / facts.sampled as f64;
    Condition {
        name: "lost",
        holds: facts.sampled == 0 || lost <= LOST,
        value: (facts.sampled > 0).then_some(lost),
        threshold: LOST,
        n: facts.sampled,
    }
}
