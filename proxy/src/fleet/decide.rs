//! What becomes of a route, from what the fleet knows and what the file says.
//!
//! Pure. It must not know Prometheus or the file. The surprise: silence and disagreement only ever hold. An alarm rolls
//! back however few sidecars are left to raise it, but nobody is promoted by those who happen to answer.

use overgrow_parity::{Facts, Gate, Judgement, State, Stop, judge_facts};

use super::Sidecar;
use crate::route::Dial;

/// What the pilot may do with a route, by what stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stance {
    /// Move it.
    Free,
    /// Nothing: somebody else moved it, in these words.
    Paused(String),
    /// Nothing until new evidence is gathered: it was rolled back at this time, unix seconds.
    RolledBack(u64),
}

/// What is seen of a route.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Where the file's dial stands.
    pub dial: Dial,
    /// What the pilot may do.
    pub stance: &'a Stance,
    /// What the sidecars know that were scraped lately.
    pub sidecars: &'a [Sidecar],
    /// How many there should be at least.
    pub expect: usize,
}

/// What to do, and why.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Leave the dial.
    Hold(String),
    /// Turn it.
    Move {
        /// Up to a step, or to 0.
        to: Dial,
        /// On what grounds.
        why: String,
    },
}

/// Decides one route.
pub fn decide(sight: &Sight<'_>, gate: &Gate) -> Verdict {
    if let Stance::Paused(why) = sight.stance {
        return Verdict::Hold(format!("paused: {why}"));
    }
    let judgement = sight.judged(gate);
    match judgement.state {
        State::Rollback => Verdict::Move {
            to: Dial::OFF,
            why: sight.by_all(&judgement),
        },
        State::Hold => Verdict::Hold(sight.missing().unwrap_or_else(|| judgement.why.clone())),
        State::Promote { to } => match (sight.missing(), Dial::from_percent(to)) {
            (None, Some(to)) => Verdict::Move {
                to,
                why: sight.by_all(&judgement),
            },
            (missing, _) => Verdict::Hold(missing.unwrap_or_default()),
        },
    }
}

impl Sight<'_> {
    /// The stop is held when the last of all has held it.
    fn judged(&self, gate: &Gate) -> Judgement {
        let facts: Vec<Facts> = self.sidecars.iter().map(|one| one.facts).collect();
        let held = self.sidecars.iter().map(|one| one.held).min();
        let stop = Stop {
            percent: self.dial.percent(),
            since: 0,
            now: held.unwrap_or(0),
        };
        judge_facts(&Facts::together(&facts), gate, &stop)
    }

    /// What is wanting before the fleet's word counts for a promotion.
    fn missing(&self) -> Option<String> {
        let (found, expect) = (self.sidecars.len(), self.expect);
        if found < expect {
            return Some(format!("{found} of {expect} sidecars were heard of"));
        }
        let elsewhere = self.sidecars.iter().find(|one| one.dial != self.dial);
        if let Some(one) = elsewhere {
            return Some(format!(
                "{} is at {} % and has not taken the file's {} %",
                one.name, one.dial, self.dial
            ));
        }
        self.before_rollback()
    }

    /// What was known before a rollback does not speak for going up again.
    fn before_rollback(&self) -> Option<String> {
        let Stance::RolledBack(at) = *self.stance else {
            return None;
        };
        let old = self.sidecars.iter().filter(|one| one.begun <= at).count();
        (old > 0).then(|| {
            format!("rolled back, and {old} sidecars have no new build, rules or legacy since")
        })
    }

    /// Where it leads is said by the move itself.
    fn by_all(&self, judgement: &Judgement) -> String {
        let grounds = judgement.why.split("; ready for").next();
        let grounds = grounds.unwrap_or_default();
        match self.sidecars.len() {
            1 => grounds.to_owned(),
            count => format!("{count} sidecars: {grounds}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use overgrow_parity::Tail;

    use super::*;

    const GOOD: Facts = Facts {
        compared: 2_000,
        mismatched: 0,
        pairs: 2_000,
        both: 0,
        rust_only: 0,
        legacy_only: 0,
        row: 0,
        sampled: 2_000,
        lost: 0,
        tail: Tail {
            pairs: 2_000,
            ratio: Some(1.0),
        },
        alone: overgrow_parity::Alone {
            count: 0,
            superiority: 0.5,
            p: 1.0,
        },
    };

    fn dial(percent: f64) -> Dial {
        Dial::from_percent(percent).unwrap()
    }

    fn sidecar(facts: Facts) -> Sidecar {
        Sidecar {
            name: "instance=a".to_owned(),
            dial: dial(5.0),
            held: 60,
            begun: 1_000,
            facts,
        }
    }

    fn check(sidecars: &[Sidecar], stance: Stance, expect: Result<f64, &str>) {
        let gate = Gate {
            steps: vec![5.0, 25.0, 100.0],
            hold: Duration::from_secs(60),
            mismatch: 0.1,
            errors: 0.5,
            latency: 1.25,
        };
        let sight = Sight {
            dial: dial(5.0),
            stance: &stance,
            sidecars,
            expect: 2,
        };
        match (decide(&sight, &gate), expect) {
            (Verdict::Move { to, .. }, Ok(percent)) => assert_eq!(to, dial(percent)),
            (Verdict::Hold(why), Err(text)) => assert!(why.contains(text), "{why}"),
            (verdict, expect) => panic!("{verdict:?}, not {expect:?}"),
        }
    }

    #[test]
    fn what_none_knows_alone_all_know_together() {
        let two = [sidecar(GOOD), sidecar(GOOD)];
        check(&two, Stance::Free, Ok(25.0));
        let one = [sidecar(GOOD), sidecar(Facts::default())];
        check(&one, Stance::Free, Err("2,000 compared"));
    }

    #[test]
    fn silence_and_disagreement_hold() {
        check(&[], Stance::Free, Err("0 of 2 sidecars"));
        let plenty = Facts {
            compared: 9_000,
            ..GOOD
        };
        check(&[sidecar(plenty)], Stance::Free, Err("1 of 2 sidecars"));
        let behind = Sidecar {
            dial: dial(0.0),
            ..sidecar(plenty)
        };
        check(
            &[sidecar(plenty), behind],
            Stance::Free,
            Err("has not taken the file's 5 %"),
        );
        let early = Sidecar {
            held: 59,
            ..sidecar(plenty)
        };
        check(
            &[sidecar(plenty), early],
            Stance::Free,
            Err("held for 59 s of 60 s"),
        );
    }

    #[test]
    fn one_sidecar_that_fails_is_enough_to_go_back_even_if_no_other_is_heard_of() {
        let broken = sidecar(Facts { row: 5, ..GOOD });
        check(&[sidecar(GOOD), broken.clone()], Stance::Free, Ok(0.0));
        check(std::slice::from_ref(&broken), Stance::Free, Ok(0.0));
        let paused = Stance::Paused("set by hand".to_owned());
        check(&[broken], paused, Err("paused: set by hand"));
    }

    #[test]
    fn errors_that_are_few_on_each_are_many_on_all() {
        let failing = Facts {
            rust_only: 5,
            ..GOOD
        };
        check(&[sidecar(failing), sidecar(failing)], Stance::Free, Ok(0.0));
    }

    #[test]
    fn after_a_rollback_only_new_evidence_goes_up() {
        let two = [sidecar(GOOD), sidecar(GOOD)];
        check(&two, Stance::RolledBack(1_000), Err("rolled back"));
        check(&two, Stance::RolledBack(999), Ok(25.0));
    }
}
