//! Evidence that a proportion is small, which may be looked at after every request.
//!
//! A confidence limit is honest at one look that was fixed beforehand. Who looks after every request and acts at the first
//! limit that pleases will find one, sooner or later, whatever the truth is. A bet has no such hole: it starts with 1, it
//! is fair or worse while the proportion is at the goal or above it, so it ever reaches 20 with a probability of 5 %
//! at most. The surprise: it remembers nothing, and is a function of the two counts alone.

use super::tail_over_last_term;

/// How the bet spreads over the proportions below the goal: as `p^(SHAPE − 1)`.
///
/// The smaller, the more is staked on there being no hit at all, which is what a route that can be promoted mostly
/// shows. At 0.1 3,161 requests without a hit show 0.1 %, where a single look would be content with 2,995, and
/// with one hit it takes 7,574. Staking all on no hit would need 2,995 too, and could never recover from the first.
const SHAPE: f64 = 0.1;

/// More is nobody's concern: an answer is at most this, and is found in as few steps as show that it is.
const MOST: f64 = 1e9;

/// The e-value against "the proportion of hits is `goal` or more", of which `x` in `n` were seen: between 0 and 10⁹, and
/// 1 without data.
///
/// However often it is looked at, it ever exceeds `1/α` with probability at most `α` while that is true. It is
/// `∫ p^x (1−p)^(n−x) dπ(p) / (goal^x (1−goal)^(n−x))` with `π` a beta distribution cut off at the goal.
pub fn odds_below(x: u64, n: u64, goal: f64) -> f64 {
    let x = x.min(n);
    let hits = x as f64;
    let share = SHAPE / (hits + SHAPE);
    let rise = goal / (1.0 - goal);
    share * rising_tail(n - x, hits + SHAPE + 1.0, rise, MOST / share)
}

/// How many more trials without a hit bring [`odds_below`] to `odds`; none when no number that anybody would wait for does.
pub fn more_needed(x: u64, n: u64, goal: f64, odds: f64) -> Option<u64> {
    let reached = |n: u64| odds_below(x, n, goal) >= odds;
    let mut high = n.max(x + 1);
    while !reached(high) {
        // Beyond this, nobody is waiting for the answer any more.
        if high > 1 << 40 {
            return None;
        }
        high *= 2;
    }
    let mut low = n;
    while low < high {
        let middle = low + (high - low) / 2;
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high - n)
}

/// The same series as [`tail_over_last_term`], where its terms may rise before they fall; cut off at `most`.
fn rising_tail(x: u64, m: f64, r: f64, most: f64) -> f64 {
    if x as f64 * r <= m {
        return tail_over_last_term(x, m, r);
    }
    let mut sum = 1.0;
    let mut term = 1.0;
    for k in 0..x {
        let k = k as f64;
        let ratio = r * (x as f64 - k) / (m + k);
        term *= ratio;
        sum += term;
        let settled = ratio < 1.0 && term < sum * f64::EPSILON;
        if settled || sum >= most {
            break;
        }
    }
    sum.min(most)
}

#[cfg(test)]
mod tests {
    use super::super::upper_limit;
    use super::*;

    #[test]
    fn the_first_hits_cost_what_is_said() {
        for (x, n) in [(0, 3_161), (1, 7_574), (2, 10_109)] {
            assert_eq!(more_needed(x, 0, 0.001, 20.0), Some(n), "{x}");
            assert!(odds_below(x, n, 0.001) >= 20.0 && odds_below(x, n - 1, 0.001) < 20.0);
        }
        assert_eq!(more_needed(0, 700, 0.001, 20.0), Some(3_161 - 700));
        assert_eq!(more_needed(0, 5_000, 0.001, 20.0), Some(0));
        assert_eq!(more_needed(0, 700, 0.0, 20.0), None);
    }

    #[test]
    fn the_bet_is_fair_at_the_goal_and_loses_above_it() {
        for (x, n, goal) in [
            (0, 0, 0.001),
            (0, 3_000, 0.001),
            (7, 5_000, 0.001),
            (9, 5_000, 0.001),
            (30, 100, 0.3),
        ] {
            let next = |p: f64| {
                p * odds_below(x + 1, n + 1, goal) + (1.0 - p) * odds_below(x, n + 1, goal)
            };
            let now = odds_below(x, n, goal);
            assert!((next(goal) / now - 1.0).abs() < 1e-9, "{x} of {n}");
            assert!(next(2.0 * goal) < now, "{x} of {n}");
            assert!(next(0.5 * goal) > now, "{x} of {n}");
        }
    }

    #[test]
    fn what_the_bet_shows_the_limit_shows_too() {
        for x in [0, 1, 2, 5, 20, 100] {
            let n = more_needed(x, 0, 0.001, 20.0).unwrap();
            assert!(upper_limit(x, n) < 0.001, "{x} of {n}");
        }
    }

    #[test]
    fn every_pair_of_counts_has_finite_odds_and_more_hits_have_fewer() {
        let odds = |x| odds_below(x, 1_000_000_000, 0.001);
        assert_eq!(odds(0), 1e9);
        assert_eq!(odds(900_000), 1e9);
        let near: Vec<f64> = (990..1_010).map(|x| odds(x * 1_000)).collect();
        assert!(near.is_sorted_by(|one, next| one >= next), "{near:?}");
        assert!(near.iter().all(|odds| odds.is_finite()), "{near:?}");
        assert!(odds(1_000_000_000) > 0.0 && odds(1_000_000_000) < 1e-6);
    }

    #[test]
    fn the_ends_of_the_scale_are_no_trap() {
        assert_eq!(odds_below(0, 0, 0.5), 1.0);
        // One equal answer refutes that none is.
        assert_eq!(odds_below(1, 2, 1.0), 1e9);
        assert!(odds_below(2, 2, 1.0) <= 1.0);
        assert!(odds_below(0, 9, 0.0) <= 1.0);
    }
}
