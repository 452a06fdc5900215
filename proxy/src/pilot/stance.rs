//! How the pilot stands to a route, in a word and with its reason.

use overgrow_parity::{self as parity, Judgement};

use crate::config::Auto;
use crate::ledger::Move;
use crate::route::By;

/// A route as the pilot sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stance {
    /// In a word.
    pub state: State,
    /// One sentence for people.
    pub why: String,
}

/// Whether the pilot moves a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It is not to.
    Off,
    /// It does, when the gate says so.
    On,
    /// It did, until somebody else moved the dial.
    Paused,
    /// It took the route from rust, and waits for news.
    RolledBack,
    /// It has brought the route to its last step, and watches it.
    Done,
}

/// What is known of a route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) is_handled: bool,
    pub(super) auto: Auto,
    pub(super) last: Option<&'a Move>,
    pub(super) is_rolled_back: bool,
    pub(super) is_at_the_end: bool,
    /// Why routes.toml cannot be edited.
    pub(super) trouble: Option<&'a str>,
    pub(super) judgement: Option<&'a Judgement>,
}

impl State {
    /// Every word, for metrics.
    pub const ALL: [Self; 5] = [
        Self::Off,
        Self::On,
        Self::Paused,
        Self::RolledBack,
        Self::Done,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Paused => "paused",
            Self::RolledBack => "rolled-back",
            Self::Done => "done",
        }
    }
}

impl Stance {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let by_hand = facts.last.filter(|last| is_by_hand(last));
        let (state, why) = match (by_hand, facts.judgement) {
            _ if !facts.is_handled => (State::Off, "the route has no handler".to_owned()),
            _ if facts.auto == Auto::Off => (State::Off, "gate.auto is not set".to_owned()),
            _ if facts.auto == Auto::Fleet => (State::Off, "the fleet's pilot has it".to_owned()),
            (Some(last), judged) => (State::Paused, paused(last, judged)),
            _ if facts.is_rolled_back => (State::RolledBack, rolled_back(facts.last)),
            (None, None) => (State::On, "nothing compared yet".to_owned()),
            (None, Some(judged)) if facts.is_at_the_end => (State::Done, judged.why.clone()),
            (None, Some(judged)) => (State::On, judged.why.clone()),
        };
        let why = match facts.trouble {
            Some(trouble) => format!("{why}; {trouble}"),
            None => why,
        };
        Self { state, why }
    }
}

/// A first look at a route is nobody's move.
fn is_by_hand(last: &Move) -> bool {
    last.by != By::Pilot && last.from.is_some()
}

/// A route that nobody turns down any more is somebody's to watch.
fn paused(last: &Move, judged: Option<&Judgement>) -> String {
    let Move { by, to, route, .. } = last;
    let by = match by {
        By::File => "an edit of the file".to_owned(),
        by => format!("`{by}`"),
    };
    let paused = format!("moved to {to} % by {by}; `overgrow pilot resume {route}` hands it back");
    match judged {
        Some(judged) if judged.state == parity::State::Rollback => {
            format!("ROLL IT BACK BY HAND: {}; {paused}", judged.why)
        }
        _ => paused,
    }
}

fn rolled_back(last: Option<&Move>) -> String {
    const UNTIL: &str =
        "waits for another build, other rules or another version of the legacy, or to be resumed";
    match last.and_then(|last| last.why.as_deref()) {
        Some(why) => format!("rolled back: {why}; {UNTIL}"),
        None => format!("rolled back; {UNTIL}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(by: By, from: Option<f64>, to: f64) -> Move {
        Move {
            route: "a".into(),
            at: 1,
            by,
            from,
            to,
            why: Some("5 server errors in a row".into()),
        }
    }

    fn facts(last: Option<&Move>) -> Facts<'_> {
        Facts {
            is_handled: true,
            auto: Auto::Sidecar,
            last,
            is_rolled_back: false,
            is_at_the_end: false,
            trouble: None,
            judgement: None,
        }
    }

    fn check(facts: &Facts<'_>, state: State, why: &str) {
        let stance = Stance::of(facts);
        assert_eq!((stance.state, stance.why.as_str()), (state, why));
    }

    #[test]
    fn a_route_is_the_pilots_only_when_it_is_told_so() {
        let off = |facts: Facts<'_>| Stance::of(&facts).state == State::Off;
        for auto in [Auto::Off, Auto::Fleet] {
            assert!(off(Facts {
                auto,
                ..facts(None)
            }));
        }
        assert!(off(Facts {
            is_handled: false,
            ..facts(None)
        }));
        check(&facts(None), State::On, "nothing compared yet");
    }

    #[test]
    fn whoever_moves_a_dial_pauses_the_pilot() {
        let by_cli = moved(By::Cli, Some(5.0), 10.0);
        let why = "moved to 10 % by `cli`; `overgrow pilot resume a` hands it back";
        check(&facts(Some(&by_cli)), State::Paused, why);
        let by_hand = moved(By::File, Some(5.0), 10.0);
        let why = "moved to 10 % by an edit of the file; `overgrow pilot resume a` hands it back";
        check(&facts(Some(&by_hand)), State::Paused, why);
    }

    #[test]
    fn a_paused_route_on_which_rust_fails_is_somebodys_to_turn_down() {
        let by_cli = moved(By::Cli, Some(5.0), 10.0);
        let judged = Judgement {
            state: parity::State::Rollback,
            why: "5 server errors in a row".into(),
            conditions: Vec::new(),
        };
        let facts = Facts {
            judgement: Some(&judged),
            ..facts(Some(&by_cli))
        };
        let why = "ROLL IT BACK BY HAND: 5 server errors in a row; moved to 10 % by `cli`; \
                   `overgrow pilot resume a` hands it back";
        check(&facts, State::Paused, why);
    }

    #[test]
    fn a_first_look_and_its_own_moves_do_not() {
        for last in [
            moved(By::File, None, 5.0),
            moved(By::Pilot, Some(0.0), 5.0),
            moved(By::Pilot, Some(5.0), 5.0),
        ] {
            assert_eq!(Stance::of(&facts(Some(&last))).state, State::On, "{last:?}");
        }
    }

    #[test]
    fn a_rollback_stands_and_says_why() {
        let last = moved(By::Pilot, Some(25.0), 0.0);
        let facts = Facts {
            is_rolled_back: true,
            trouble: Some("routes.toml is read-only here"),
            ..facts(Some(&last))
        };
        let why = "rolled back: 5 server errors in a row; waits for another build, other rules or another version of \
                   the legacy, or to be resumed; routes.toml is read-only here";
        check(&facts, State::RolledBack, why);
    }
}
