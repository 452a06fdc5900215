//! Whether the other side is asked, and how. Pure: the draws are handed in.
//!
//! The surprise: a write is sorted out before the sample is drawn, so that the count of skipped writes tells how many
//! there were and not how many the sample met.

use http::Method;

use crate::config::{ShadowConfig, Writes};
use crate::route::Side;

/// Two draws of one request, each from 0 to 9,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draws {
    /// Whether the other side is asked.
    sample: u64,
    /// Whether the legacy is asked a second time.
    again: u64,
}

impl Draws {
    /// From the hash of a request id, so that everybody who knows the id can tell.
    pub(super) fn of(request_id: &str) -> Self {
        let hash = xxhash_rust::xxh3::xxh3_64(request_id.as_bytes());
        Self {
            sample: hash % 10_000,
            again: (hash / 10_000) % 10_000,
        }
    }
}

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// It is not in the sample.
    Nobody,
    /// It is a write, and those are not shadowed here.
    Skip,
    /// The other side is asked.
    Other(Terms),
}

/// How the other side is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Whether effects are executed.
    pub(super) manner: Manner,
    /// Whether the legacy is asked twice.
    pub(super) again: Again,
}

/// What the other side may do to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// What it does for a client.
    Perform,
    /// Nothing: it says what it would do.
    Plan,
}

/// Whether a request belongs to the A/A sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The legacy is asked once.
    Once,
    /// The legacy is asked a second time, to learn how far it agrees with itself.
    Twice,
}

/// Sorts a request that `serving` answers.
pub(super) fn sort(
    settings: &ShadowConfig,
    serving: Side,
    method: &Method,
    draws: impl FnOnce() -> Draws,
) -> Ask {
    let manner = match (method.is_safe(), serving, settings.writes) {
        // What the legacy does cannot be taken back: after the flip only questions are put to it.
        (false, Side::Rust, _) | (false, Side::Legacy, Writes::Skip) => return Ask::Skip,
        (_, Side::Legacy, Writes::Plan) => Manner::Plan,
        _ => Manner::Perform,
    };
    let draws = draws();
    if draws.sample >= threshold(settings.sample) {
        return Ask::Nobody;
    }
    let twice = method.is_safe() && draws.again < threshold(settings.aa);
    let again = if twice { Again::Twice } else { Again::Once };
    Ask::Other(Terms { manner, again })
}

/// Percent in hundredths.
fn threshold(percent: f64) -> u64 {
    (percent * 100.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN: Draws = Draws {
        sample: 999,
        again: 199,
    };

    #[track_caller]
    fn check(writes: Writes, serving: Side, method: Method, draws: Draws, expect: Ask) {
        let settings = ShadowConfig {
            sample: 10.0,
            writes,
            aa: 2.0,
            ..ShadowConfig::default()
        };
        assert_eq!(sort(&settings, serving, &method, || draws), expect);
    }

    fn other(manner: Manner, again: Again) -> Ask {
        Ask::Other(Terms { manner, again })
    }

    #[test]
    fn safe_methods_are_asked_in_both_directions() {
        let twice = other(Manner::Perform, Again::Twice);
        check(Writes::Skip, Side::Legacy, Method::GET, IN, twice);
        check(Writes::Skip, Side::Rust, Method::HEAD, IN, twice);
    }

    #[test]
    fn the_sample_and_the_second_question_have_draws_of_their_own() {
        let out = Draws { sample: 1000, ..IN };
        check(Writes::Skip, Side::Legacy, Method::GET, out, Ask::Nobody);
        let once = Draws { again: 200, ..IN };
        let expect = other(Manner::Perform, Again::Once);
        check(Writes::Skip, Side::Legacy, Method::GET, once, expect);
    }

    #[test]
    fn writes_follow_the_route() {
        let post = || Method::POST;
        check(Writes::Skip, Side::Legacy, post(), IN, Ask::Skip);
        let plan = other(Manner::Plan, Again::Once);
        check(Writes::Plan, Side::Legacy, post(), IN, plan);
        let send = other(Manner::Perform, Again::Once);
        check(Writes::Send, Side::Legacy, post(), IN, send);
    }

    #[test]
    fn the_legacy_is_never_sent_a_write() {
        for writes in [Writes::Skip, Writes::Plan, Writes::Send] {
            check(writes, Side::Rust, Method::DELETE, IN, Ask::Skip);
        }
    }

    #[test]
    fn where_writes_are_planned_so_is_everything_else() {
        let plan = other(Manner::Plan, Again::Twice);
        check(Writes::Plan, Side::Legacy, Method::GET, IN, plan);
        let perform = other(Manner::Perform, Again::Twice);
        check(Writes::Plan, Side::Rust, Method::GET, IN, perform);
    }

    #[test]
    fn an_unknown_method_is_a_write() {
        let method = Method::from_bytes(b"PURGE").unwrap();
        check(Writes::Skip, Side::Legacy, method, IN, Ask::Skip);
    }
}
