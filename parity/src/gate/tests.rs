use super::*;
use crate::Standing;
use crate::{
    Answered, Comparison, Difference, Key, Kind, Missed, Pair, Payload, Place, Shape, Side,
};

const NOW: u64 = 1_700_000_000;

fn gate() -> Gate {
    Gate {
        steps: vec![5.0, 25.0, 50.0, 100.0],
        hold: Duration::from_secs(600),
        mismatch: 0.1,
        errors: 0.5,
        latency: 1.25,
    }
}

fn stop(percent: f64) -> Stop {
    Stop {
        percent,
        since: NOW,
        now: NOW + 600,
    }
}

fn evidence() -> Evidence {
    Evidence::begin(1, "build".to_owned(), NOW)
}

fn took(status: u16, millis: u64) -> Answered {
    Answered {
        status,
        took: Duration::from_millis(millis),
    }
}

fn record(evidence: &mut Evidence, comparison: &Comparison, legacy: Answered, rust: Answered) {
    evidence.sampled();
    evidence.record(&Pair {
        comparison,
        again: None,
        legacy,
        rust,
        shape: &Shape::new("GET", [].into_iter(), Payload::None),
        at: NOW,
    });
}

fn equal(evidence: &mut Evidence, times: u64) {
    for _ in 0..times {
        record(
            evidence,
            &Comparison::default(),
            took(200, 10),
            took(200, 5),
        );
    }
}

fn mismatch(evidence: &mut Evidence) {
    let mut comparison = Comparison::default();
    comparison.differences.push(Difference {
        key: Key {
            place: Place::new("json:/a"),
            kind: Kind::Value,
        },
        standing: Standing::Open,
        legacy: None,
        rust: None,
        offset: None,
    });
    record(evidence, &comparison, took(200, 10), took(200, 5));
}

fn check(evidence: &Evidence, percent: f64, state: State, why: &str) {
    let judgement = judge(evidence, &gate(), &stop(percent));
    assert_eq!((judgement.state, judgement.why.as_str()), (state, why));
}

#[test]
fn silence_is_hold() {
    check(&evidence(), 0.0, State::Hold, "nothing compared yet");
    check(&evidence(), 50.0, State::Hold, "nothing compared yet");
}

#[test]
fn enough_equal_answers_promote_to_the_next_step() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    let why = "mismatch bound 0.0936 % of 3,200 compared is below 0.1 %; ready for 5 %";
    check(&evidence, 0.0, State::Promote { to: 5.0 }, why);
    let state = |percent| judge(&evidence, &gate(), &stop(percent)).state;
    assert_eq!(state(5.0), State::Promote { to: 25.0 });
    assert_eq!(state(30.0), State::Promote { to: 50.0 });
}

#[test]
fn at_the_last_step_the_dial_stays_and_the_gate_holds() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    let why = "at the last step, and the gate holds over 3,200 compared";
    check(&evidence, 100.0, State::Hold, why);
    assert!(judge(&evidence, &gate(), &stop(100.0)).holds());
}

#[test]
fn too_few_equal_answers_hold_and_say_how_many_are_wanting() {
    let mut evidence = evidence();
    equal(&mut evidence, 700);
    let why = "mismatch bound 0.427 % of 700 compared is not below 0.1 %; \
               0 mismatched, needs about 2,500 more equal answers";
    check(&evidence, 5.0, State::Hold, why);
}

#[test]
fn a_bound_that_one_look_would_be_content_with_is_not_enough_for_thousands() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_000);
    let why = "the odds against 0.1 % of mismatches are 17.1 to 1, 20 are needed; \
               0 mismatched, needs about 170 more equal answers";
    check(&evidence, 5.0, State::Hold, why);
}

#[test]
fn a_mismatch_holds_and_does_not_roll_back() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    mismatch(&mut evidence);
    let why = "mismatch bound 0.148 % of 3,201 compared is not below 0.1 %; \
               1 mismatched, needs about 4,400 more equal answers";
    check(&evidence, 5.0, State::Hold, why);
}

#[test]
fn a_stop_is_held_for_its_time() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    let early = Stop {
        now: NOW + 599,
        ..stop(5.0)
    };
    let judgement = judge(&evidence, &gate(), &early);
    assert_eq!(judgement.state, State::Hold);
    assert_eq!(judgement.why, "held for 599 s of 600 s");
}

#[test]
fn five_errors_in_a_row_roll_back() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    for _ in 0..5 {
        assert_ne!(judge(&evidence, &gate(), &stop(5.0)).state, State::Rollback);
        record(
            &mut evidence,
            &Comparison::default(),
            took(200, 10),
            took(500, 5),
        );
    }
    let why = "5 server errors in a row that the legacy did not give; 5 are too many";
    check(&evidence, 5.0, State::Rollback, why);
    // There is nothing to go back to.
    check(&evidence, 0.0, State::Hold, why);
}

#[test]
fn errors_now_and_then_roll_back_when_they_are_more_than_chance() {
    let mut evidence = evidence();
    let mut errors = 0;
    while judge(&evidence, &gate(), &stop(5.0)).state != State::Rollback {
        equal(&mut evidence, 20);
        record(
            &mut evidence,
            &Comparison::default(),
            took(200, 10),
            took(500, 5),
        );
        errors += 1;
    }
    assert_eq!(errors, 9, "nine one-sided pairs reach 102");
    assert!(!judge(&evidence, &gate(), &stop(5.0)).holds());
}

#[test]
fn errors_that_the_legacy_gives_too_do_not_roll_back() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    for _ in 0..50 {
        record(
            &mut evidence,
            &Comparison::default(),
            took(500, 10),
            took(500, 5),
        );
        evidence.served(Side::Rust, took(500, 5));
    }
    assert!(matches!(
        judge(&evidence, &gate(), &stop(5.0)).state,
        State::Promote { .. }
    ));
}

#[test]
fn a_surplus_of_errors_holds_before_it_is_beyond_chance() {
    let mut evidence = evidence();
    equal(&mut evidence, 500);
    for _ in 0..4 {
        record(
            &mut evidence,
            &Comparison::default(),
            took(200, 10),
            took(503, 5),
        );
    }
    let lax = Gate {
        mismatch: 100.0,
        ..gate()
    };
    let judgement = judge(&evidence, &lax, &stop(5.0));
    let why = "rust fails 0.794 points more than legacy over 504 pairs, 0.5 are allowed";
    assert_eq!(
        (judgement.state, judgement.why.as_str()),
        (State::Hold, why)
    );
}

#[test]
fn a_slow_tail_holds() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    for _ in 0..60 {
        record(
            &mut evidence,
            &Comparison::default(),
            took(200, 10),
            took(200, 40),
        );
    }
    let judgement = judge(&evidence, &gate(), &stop(5.0));
    assert_eq!(judgement.state, State::Hold);
    assert!(
        judgement.why.starts_with("rust's p99 is 4"),
        "{}",
        judgement.why
    );
}

#[test]
fn few_pairs_say_nothing_of_a_tail_unless_both_sides_served_alone() {
    let mut evidence = evidence();
    equal(&mut evidence, 99);
    let lax = Gate {
        mismatch: 100.0,
        ..gate()
    };
    let why = |evidence: &Evidence| judge(evidence, &lax, &stop(5.0)).why;
    assert_eq!(
        why(&evidence),
        "99 pairs are too few for p99, 100 are needed"
    );
    for at in 0..200 {
        evidence.served(Side::Legacy, took(200, 10 + at % 20));
        evidence.served(Side::Rust, took(200, 11 + at % 20));
    }
    assert!(
        judge(&evidence, &lax, &stop(5.0)).holds(),
        "{}",
        why(&evidence)
    );
    for at in 0..200 {
        evidence.served(Side::Rust, took(200, 30 + at % 20));
    }
    assert!(
        why(&evidence).starts_with("rust takes more than 1.25 times"),
        "{}",
        why(&evidence)
    );
}

#[test]
fn what_was_lost_holds() {
    let mut evidence = evidence();
    equal(&mut evidence, 3_200);
    for _ in 0..160 {
        evidence.sampled();
        evidence.missed(Missed::WriteSkipped);
    }
    assert!(judge(&evidence, &gate(), &stop(5.0)).holds());
    for _ in 0..200 {
        evidence.sampled();
        evidence.missed(Missed::Timeout);
    }
    check(
        &evidence,
        5.0,
        State::Hold,
        "5.62 % of 3,560 sampled were not compared, 5 % are allowed",
    );
}
