//! What the gate found, in a sentence.

use super::condition::{Condition, FEW};
use super::{Facts, Gate, ODDS, ROW};
use crate::statistics::more_needed;

/// The conditions that do not hold.
pub(super) fn failing(facts: &Facts, gate: &Gate, conditions: &[Condition]) -> String {
    let failing = conditions.iter().filter(|condition| !condition.holds);
    // Where the bound fails, the odds do too, and one of them is enough to read.
    let bound = conditions
        .iter()
        .any(|one| one.name == "mismatch" && !one.holds);
    let said: Vec<String> = failing
        .filter(|condition| !(bound && condition.name == "mismatch odds"))
        .map(|condition| say(condition, facts, gate))
        .collect();
    said.join("; ")
}

/// Nothing is in the way of the next step.
pub(super) fn passing(facts: &Facts, gate: &Gate, to: f64) -> String {
    let bound = figure(100.0 * facts.bound());
    format!(
        "mismatch bound {bound} % of {} compared is below {} %; ready for {} %",
        thousands(facts.compared),
        figure(gate.mismatch),
        figure(to),
    )
}

/// There is no next step.
pub(super) fn at_the_end(facts: &Facts) -> String {
    let compared = thousands(facts.compared);
    format!("at the last step, and the gate holds over {compared} compared")
}

pub(super) fn row(facts: &Facts) -> String {
    format!(
        "{} server errors in a row that the legacy did not give; {ROW} are too many",
        facts.row
    )
}

pub(super) fn excess(facts: &Facts) -> String {
    format!(
        "rust alone failed {} times in {} pairs, legacy alone {}; odds of {} to 1 against chance",
        thousands(facts.rust_only),
        thousands(facts.pairs),
        thousands(facts.legacy_only),
        figure(facts.e_value()),
    )
}

fn say(condition: &Condition, facts: &Facts, gate: &Gate) -> String {
    let value = condition.value.map_or("unknown".to_owned(), figure);
    let threshold = figure(condition.threshold);
    let n = thousands(condition.n);
    match condition.name {
        "mismatch" => {
            let more = wanting(facts, gate);
            format!("mismatch bound {value} % of {n} compared is not below {threshold} %; {more}")
        }
        "mismatch odds" => {
            let allowed = figure(gate.mismatch);
            let more = wanting(facts, gate);
            format!(
                "the odds against {allowed} % of mismatches are {value} to 1, {threshold} are needed; {more}"
            )
        }
        "hold" => format!("held for {value} s of {threshold} s"),
        "errors" => {
            format!(
                "rust fails {value} points more than legacy over {n} pairs, {threshold} are allowed"
            )
        }
        "latency" if condition.n < FEW => {
            format!("{n} pairs are too few for p99, {FEW} are needed")
        }
        "latency" => {
            format!("rust's p99 is {value} times legacy's over {n} pairs, {threshold} is allowed")
        }
        "latency without pairs" => format!(
            "rust takes more than {} times legacy's time in {value} of comparisons between the last {n} of each",
            figure(gate.latency)
        ),
        "lost" => format!("{value} % of {n} sampled were not compared, {threshold} % are allowed"),
        name => format!("{name}: {value}, against {threshold}, over {n}"),
    }
}

/// How far the odds are from what is needed; the bound is below its threshold earlier.
fn wanting(facts: &Facts, gate: &Gate) -> String {
    let mismatched = facts.mismatched;
    let goal = gate.mismatch / 100.0;
    match more_needed(mismatched, facts.compared, goal, ODDS) {
        Some(more) => format!(
            "{} mismatched, needs about {} more equal answers",
            thousands(mismatched),
            thousands(rounded_up(more))
        ),
        None => format!(
            "{} mismatched, and no number of equal answers reaches it",
            thousands(mismatched)
        ),
    }
}

/// Two figures are enough for a plan.
fn rounded_up(count: u64) -> u64 {
    let digits = count.checked_ilog10().unwrap_or(0);
    let unit = 10u64.pow(digits.saturating_sub(1));
    count.div_ceil(unit) * unit
}

/// Three figures, and no noughts behind the point that say nothing.
fn figure(value: f64) -> String {
    let whole = value.abs().max(1e-9).log10().floor();
    let places = (2.0 - whole).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
        assert_eq!(figure(0.427_03), "0.427");
        assert_eq!(figure(0.1), "0.1");
        assert_eq!(figure(600.0), "600");
        assert_eq!(figure(1.25), "1.25");
        assert_eq!(figure(0.0), "0");
        assert_eq!(rounded_up(2_295), 2_300);
        assert_eq!(rounded_up(0), 0);
    }
}
