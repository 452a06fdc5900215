//! What the pilot does about a judgement, if anything.

use overgrow_parity as parity;

use super::stance::State;
use crate::route::Dial;

/// Which way a dial turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    /// To zero. First, wherever both are to be done.
    Rollback,
    /// To the next step.
    Promote,
}

/// A move that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) route: String,
    pub(super) direction: Direction,
    /// Where the dial stood when this was decided.
    pub(super) from: Dial,
    pub(super) to: Dial,
    pub(super) why: String,
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Promote => "promote",
        }
    }
}

/// The move that a judgement asks for, of a route whose dial stands at `from`. Routes that are not the pilot's stay.
pub(super) fn decide(
    route: &str,
    from: Dial,
    state: State,
    judgement: &parity::Judgement,
) -> Option<Turn> {
    let (direction, to) = match (state, judgement.state) {
        (State::On | State::Done, parity::State::Rollback) => (Direction::Rollback, Dial::OFF),
        (State::On, parity::State::Promote { to }) => (Direction::Promote, Dial::from_percent(to)?),
        _ => return None,
    };
    (from != to).then(|| Turn {
        route: route.to_owned(),
        direction,
        from,
        to,
        why: grounds(&judgement.why).to_owned(),
    })
}

/// Where it leads is said by the move itself.
fn grounds(why: &str) -> &str {
    why.split("; ready for").next().unwrap_or(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(state: parity::State) -> parity::Judgement {
        parity::Judgement {
            state,
            why: "bound 0.09 % is below 0.1 %; ready for 25 %".into(),
            conditions: Vec::new(),
        }
    }

    fn check(state: State, judgement: parity::State, expect: Option<(Direction, f64)>) {
        let from = Dial::from_percent(5.0).unwrap();
        let turn = decide("a", from, state, &judged(judgement));
        let found = turn.map(|turn| (turn.direction, turn.to.percent()));
        assert_eq!(found, expect, "{state:?} {judgement:?}");
    }

    #[test]
    fn only_a_route_of_the_pilots_moves() {
        let promote = parity::State::Promote { to: 25.0 };
        let back = Some((Direction::Rollback, 0.0));
        check(State::On, promote, Some((Direction::Promote, 25.0)));
        check(State::On, parity::State::Rollback, back);
        check(State::On, parity::State::Hold, None);
        check(State::Done, parity::State::Rollback, back);
        for state in [State::Off, State::Paused, State::RolledBack] {
            check(state, promote, None);
            check(state, parity::State::Rollback, None);
        }
    }

    #[test]
    fn a_dial_that_is_there_already_stays() {
        check(State::On, parity::State::Promote { to: 5.0 }, None);
    }

    #[test]
    fn the_grounds_are_given_without_where_they_lead() {
        let promote = judged(parity::State::Promote { to: 25.0 });
        let turn = decide("a", Dial::OFF, State::On, &promote).unwrap();
        assert_eq!(turn.why, "bound 0.09 % is below 0.1 %");
    }
}
