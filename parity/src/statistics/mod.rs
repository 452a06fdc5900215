//! The arithmetic of being sure: e-values, limits of a proportion, and the comparison of two windows.
//!
//! Plain functions of numbers; nothing here knows what is being counted. The surprise: the incomplete beta function
//! is never called. For whole numbers it is a tail of the binomial distribution, and one short series gives that tail
//! to full precision where the usual continued fraction gives up, with counts from 10⁵ on.

mod evalue;
mod proportion;
mod watched;
mod windows;

pub use evalue::{least_rejected, ln_mixture};
pub use proportion::upper_limit;
pub use watched::{more_needed, odds_below};
pub use windows::{Windows, mann_whitney};

/// `1 + x/m·r + x(x−1)/(m(m+1))·r² + …`: a lower tail of the binomial distribution over its last term.
///
/// Takes about `6·√x` terms at worst; the caller sees to it that `x·r ≤ m`, so that the terms only fall.
fn tail_over_last_term(x: u64, m: f64, r: f64) -> f64 {
    let mut sum = 1.0;
    let mut term = 1.0;
    for k in 0..x {
        let k = k as f64;
        term *= r * (x as f64 - k) / (m + k);
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}
