//! A route's mismatches alone, looked at after every request.
//!
//! The surprise: hardly any request is simulated. Between two mismatches a look only ever comes closer to pleasing,
//! so the requests up to the next mismatch are drawn at once, and the one that pleases first is computed.

use fastrand::Rng;
use overgrow_parity::statistics::{more_needed, odds_below, upper_limit};

/// What a look has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The 95 % limit is below the goal.
    Limit,
    /// The odds that the gate asks for.
    Odds,
}

/// The gate's odds.
const ODDS: f64 = 20.0;

/// After how many of at most `longest` requests a look pleases for the first time.
///
/// A first time by the limit is only told to the next mismatch: nobody needs it more exactly.
pub(crate) fn pleases(rng: &mut Rng, rate: f64, goal: f64, longest: u64, by: By) -> Option<u64> {
    let (mut hits, mut seen) = (0, 0);
    loop {
        let next = longest.min(seen + gap(rng, rate));
        if by == By::Odds && odds_below(hits, next, goal) >= ODDS {
            return Some(seen + more_needed(hits, seen, goal, ODDS)?);
        }
        // A limit is never below what was seen, and takes longer to compute than that does.
        let seen_less = (hits as f64) < goal * next as f64;
        if by == By::Limit && seen_less && upper_limit(hits, next) < goal {
            return Some(next);
        }
        if next == longest {
            return None;
        }
        (hits, seen) = (hits + 1, next + 1);
    }
}

/// Requests before the next mismatch.
fn gap(rng: &mut Rng, rate: f64) -> u64 {
    if rate <= 0.0 {
        return u64::MAX / 2;
    }
    ((1.0 - rng.f64()).ln() / (-rate).ln_1p()) as u64
}
