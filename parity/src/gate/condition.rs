//! What must hold before the dial rises, each with its value, its threshold and how much it rests on.

use serde::Serialize;

use super::{ALARM, Gate, ROW, Stop};
use crate::Evidence;

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
pub(super) fn all(evidence: &Evidence, gate: &Gate, stop: &Stop) -> Vec<Condition> {
    vec![
        mismatch(evidence, gate),
        held(evidence, gate, stop),
        errors(evidence, gate),
        row(evidence),
        chance(evidence),
        latency(evidence, gate),
        lost(evidence),
    ]
}

/// Percent.
fn mismatch(evidence: &Evidence, gate: &Gate) -> Condition {
    let bound = 100.0 * evidence.bound();
    Condition {
        name: "mismatch",
        holds: bound < gate.mismatch,
        value: (evidence.compared() > 0).then_some(bound),
        threshold: gate.mismatch,
        n: evidence.compared(),
    }
}

/// Seconds.
fn held(evidence: &Evidence, gate: &Gate, stop: &Stop) -> Condition {
    let held = stop.now.saturating_sub(stop.since) as f64;
    let hold = gate.hold.as_secs_f64();
    Condition {
        name: "hold",
        holds: held >= hold,
        value: Some(held),
        threshold: hold,
        n: evidence.compared(),
    }
}

/// Percentage points.
fn errors(evidence: &Evidence, gate: &Gate) -> Condition {
    let excess = evidence.failures().excess();
    Condition {
        name: "errors",
        holds: excess.is_some_and(|excess| excess <= gate.errors),
        value: excess,
        threshold: gate.errors,
        n: evidence.failures().pairs,
    }
}

/// Answers. What rolls back is a condition too, so that the gate never holds while it does.
fn row(evidence: &Evidence) -> Condition {
    let row = evidence.failures().row;
    Condition {
        name: "errors in a row",
        holds: row < ROW,
        value: Some(f64::from(row)),
        threshold: f64::from(ROW),
        n: evidence.failures().pairs,
    }
}

/// Odds against chance. Many pairs can show a rate to be higher that is still within what `errors` allows.
fn chance(evidence: &Evidence) -> Condition {
    let odds = evidence.failures().e_value();
    Condition {
        name: "errors beyond chance",
        holds: odds < ALARM,
        value: Some(odds),
        threshold: ALARM,
        n: evidence.failures().pairs,
    }
}

/// A multiple of legacy's p99. Where pairs are too few and both sides served enough alone, the windows of those decide,
/// and the value is the chance that rust's exceeds what is tolerated.
fn latency(evidence: &Evidence, gate: &Gate) -> Condition {
    let pairs = evidence.latency().pairs();
    let alone = evidence.recent().count() as u64;
    if pairs < FEW && alone >= FEW {
        return alone_latency(evidence, gate);
    }
    let ratio = evidence.latency().quantile_ratio(0.99);
    Condition {
        name: "latency",
        holds: pairs >= FEW && ratio.is_some_and(|ratio| ratio <= gate.latency),
        value: ratio,
        threshold: gate.latency,
        n: pairs,
    }
}

fn alone_latency(evidence: &Evidence, gate: &Gate) -> Condition {
    let windows = evidence.recent().slower_than(gate.latency);
    Condition {
        name: "latency without pairs",
        holds: windows.p >= UNLIKELY,
        value: Some(windows.superiority),
        threshold: 0.5,
        n: evidence.recent().count() as u64,
    }
}

/// Percent of the sample.
fn lost(evidence: &Evidence) -> Condition {
    let ledger = evidence.ledger();
    let lost = 100.0 * ledger.lost() as f64 / ledger.sampled as f64;
    Condition {
        name: "lost",
        holds: ledger.sampled == 0 || lost <= LOST,
        value: (ledger.sampled > 0).then_some(lost),
        threshold: LOST,
        n: ledger.sampled,
    }
}
