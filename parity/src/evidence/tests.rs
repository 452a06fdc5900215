use super::*;
use crate::noise::KeyState;
use crate::{Difference, Key, Kind, Place};

const NOW: u64 = 1_700_000_000;

fn differing(places: &[(&str, Standing)]) -> Comparison {
    let differences = places.iter().map(|(place, standing)| Difference {
        key: Key {
            place: Place::new(*place),
            kind: Kind::Value,
        },
        standing: *standing,
        legacy: Some("1".to_owned()),
        rust: Some("2".to_owned()),
        offset: None,
    });
    Comparison {
        differences: differences.collect(),
        ..Comparison::default()
    }
}

fn open(places: &[&str]) -> Comparison {
    let all: Vec<_> = places
        .iter()
        .map(|place| (*place, Standing::Open))
        .collect();
    differing(&all)
}

struct Watched {
    evidence: Evidence,
    shape: Shape,
    at: u64,
}

impl Watched {
    fn new() -> Self {
        Self {
            evidence: Evidence::begin(1, "build".to_owned(), NOW),
            shape: Shape::new("GET", [].into_iter(), crate::Payload::None),
            at: NOW,
        }
    }

    fn record(&mut self, comparison: &Comparison, again: Option<&Comparison>) -> Verdict {
        self.at += 1;
        let answered = Answered {
            status: 200,
            took: Duration::from_millis(5),
        };
        let recorded = self.evidence.record(&Pair {
            comparison,
            again,
            legacy: answered,
            rust: answered,
            shape: &self.shape,
            at: self.at,
        });
        recorded.verdict
    }

    fn state(&self, place: &str) -> KeyState {
        let all = self.evidence.differences();
        let of = |report: &&KeyReport| report.key.place.as_str() == place;
        all.iter().find(of).unwrap().state
    }
}

#[test]
fn a_verdict_is_the_worst_that_a_request_shows() {
    let mut watched = Watched::new();
    let check = |watched: &mut Watched, places: &[(&str, Standing)], expect| {
        assert_eq!(
            watched.record(&differing(places), None),
            expect,
            "{places:?}"
        );
    };
    check(&mut watched, &[], Verdict::Match);
    check(&mut watched, &[("a", Standing::Ignored)], Verdict::Match);
    check(
        &mut watched,
        &[("b", Standing::Expected), ("a", Standing::Ignored)],
        Verdict::Expected,
    );
    check(
        &mut watched,
        &[("c", Standing::Open), ("b", Standing::Expected)],
        Verdict::Mismatch,
    );
    assert_eq!(
        (watched.evidence.compared(), watched.evidence.mismatched()),
        (4, 1)
    );
    assert_eq!(watched.state("b"), KeyState::Expected);
    assert_eq!(watched.state("a"), KeyState::Ignored);
}

#[test]
fn what_is_learned_to_be_noise_acquits_what_it_accused() {
    let mut watched = Watched::new();
    for _ in 0..10 {
        assert_eq!(
            watched.record(&open(&["json:/count"]), None),
            Verdict::Mismatch
        );
    }
    watched.record(&open(&["json:/count", "json:/price"]), None);
    assert_eq!(watched.evidence.mismatched(), 11);
    for _ in 0..3 {
        watched.record(&open(&["json:/count"]), Some(&open(&["json:/count"])));
    }
    assert_eq!(watched.state("json:/count"), KeyState::Noise);
    assert_eq!(watched.evidence.mismatched(), 1, "the one with a price");
    assert_eq!(watched.evidence.last_mismatch(), Some(NOW + 11));
    assert_eq!(
        watched.record(&open(&["json:/count"]), None),
        Verdict::Noise
    );
}

#[test]
fn noise_that_turns_out_real_is_held_against_rust_again() {
    let mut watched = Watched::new();
    let (differs, same) = (open(&["json:/a"]), Comparison::default());
    for _ in 0..3 {
        watched.record(&same, Some(&differs));
    }
    assert_eq!(watched.record(&differs, None), Verdict::Noise);
    assert_eq!(watched.evidence.mismatched(), 0);
    let mut needed = 0;
    while watched.state("json:/a") != KeyState::Real {
        watched.record(&differs, Some(&same));
        needed += 1;
    }
    assert_eq!(watched.evidence.mismatched(), needed + 1);
    assert!(needed < 25, "{needed}");
}

#[test]
fn without_a_second_answer_of_the_legacy_nothing_is_acquitted() {
    let mut watched = Watched::new();
    for _ in 0..1_000 {
        watched.record(&open(&["json:/a"]), None);
    }
    assert_eq!(watched.state("json:/a"), KeyState::Learning);
    assert_eq!(watched.evidence.bound(), 1.0);
}

#[test]
fn evidence_survives_a_restart() {
    let mut watched = Watched::new();
    watched.evidence.eligible(&watched.shape.clone());
    watched.evidence.sampled();
    watched.evidence.missed(Missed::ClientLeft);
    for _ in 0..4 {
        watched.record(&open(&["json:/a", "status"]), Some(&open(&["json:/a"])));
    }
    let text = serde_json::to_string(&watched.evidence).unwrap();
    let again: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(again.differences(), watched.evidence.differences());
    assert_eq!(again.ledger(), watched.evidence.ledger());
    assert_eq!(again.mismatched(), 4);
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
}

#[test]
fn evidence_of_another_version_is_read_as_far_as_it_goes() {
    let text =
        r#"{"epoch": 3, "later": true, "keys": [{"key": {"place": "status", "kind": "status"}}]}"#;
    let evidence: Evidence = serde_json::from_str(text).unwrap();
    assert_eq!((evidence.epoch, evidence.differences().len()), (3, 1));
}

#[test]
fn rules_are_dead_after_a_day_without_effect() {
    let mut watched = Watched::new();
    let mut comparison = Comparison::default();
    comparison.rules.push(1);
    watched.record(&comparison, None);
    assert!(watched.evidence.dead_rules(3, NOW + DAY - 1).is_empty());
    assert_eq!(watched.evidence.dead_rules(3, NOW + DAY), [0, 2]);
    assert_eq!(watched.evidence.dead_rules(3, NOW + DAY + 1), [0, 1, 2]);
}

#[test]
fn the_ledger_tells_what_could_hide_a_difference() {
    let mut evidence = Evidence::default();
    for why in [
        Missed::WriteSkipped,
        Missed::ClientLeft,
        Missed::Dropped,
        Missed::Timeout,
    ] {
        evidence.missed(why);
    }
    assert_eq!(evidence.ledger().lost(), 2);
    assert_eq!(evidence.ledger().missed(Missed::Timeout), 1);
}

#[test]
fn a_side_that_gave_no_answer_was_not_quick() {
    let mut watched = Watched::new();
    let (comparison, shape) = (Comparison::default(), watched.shape.clone());
    let pair = |took| Pair {
        comparison: &comparison,
        again: None,
        legacy: Answered {
            status: 200,
            took: Duration::from_millis(5),
        },
        rust: Answered { status: 500, took },
        shape: &shape,
        at: NOW,
    };
    let (none, some) = (pair(Duration::ZERO), pair(Duration::from_millis(5)));
    watched.evidence.record(&none);
    assert_eq!(watched.evidence.latency().pairs(), 0);
    watched.evidence.record(&some);
    assert_eq!(watched.evidence.latency().pairs(), 1);
}
