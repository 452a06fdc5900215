//! Is a difference rust's fault, or would a second legacy differ from the first as often?
//!
//! Pure: from three counts to a state. It must not know requests or routes. The surprise: a field that *always* differs
//! between two legacies, such as a counter, is never discordant, and is known for noise by its concordant pairs.

use serde::{Deserialize, Serialize};

use crate::statistics::ln_mixture;

/// How many times the legacy must have been seen to disagree with itself before that is called noise.
const SEEN: u64 = 3;

/// What requests that were asked of the legacy twice say about one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// It differed between legacy and rust, and between legacy and legacy.
    pub a: u64,
    /// It differed between legacy and rust only.
    pub b: u64,
    /// It differed between legacy and legacy only.
    pub c: u64,
}

/// What is known about a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Rust differs more than a second legacy would.
    Real,
    /// Legacy differs from itself as much; not held against rust.
    Noise,
    /// Not known yet, which counts as a mismatch.
    #[default]
    Learning,
    /// Only ever seen under an `expect` entry.
    Expected,
    /// Only ever seen under an `ignore` entry.
    Ignored,
}

impl Tally {
    /// The natural logarithm of the e-value against rust.
    pub fn ln_e(self) -> f64 {
        ln_mixture(self.b, self.c)
    }

    /// What the counts say, given their e-value and the least that the route's e-BH rejects, both as logarithms.
    pub fn state(self, ln_e: f64, least_rejected: f64) -> KeyState {
        if ln_e >= least_rejected {
            KeyState::Real
        } else if self.is_noise(ln_e) {
            KeyState::Noise
        } else {
            KeyState::Learning
        }
    }

    /// The legacy was seen to disagree with itself, there is next to no evidence against rust, and rust's surplus is within two deviations of none.
    fn is_noise(self, ln_e: f64) -> bool {
        let (b, c) = (self.b as f64, self.c as f64);
        self.a + self.c >= SEEN && ln_e <= NO_EVIDENCE && b <= c + 2.0 * (b + c).sqrt()
    }
}

/// The logarithm of an e-value of 3: no more than what one or two pairs by chance amount to.
///
/// Simulated with one field, looked at after every request: an e-value of 1 knows noise that shows in 99 % of answers,
/// such as a list in random order, at 85 % of looks only, and for the rest of the time every request would count as a
/// mismatch; 3 knows it at 97 %. The price is that 36 % against 30 % passes for noise at 15 % of looks instead of 14.
const NO_EVIDENCE: f64 = 1.098_612_288_668_109_8;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: u64, b: u64, c: u64, expect: KeyState) {
        let tally = Tally { a, b, c };
        // A route with this key alone.
        assert_eq!(tally.state(tally.ln_e(), 20f64.ln()), expect, "{tally:?}");
    }

    #[test]
    fn noise_is_what_the_legacy_does_too() {
        check(0, 0, 2, KeyState::Learning);
        check(0, 0, 3, KeyState::Noise);
        check(0, 3, 3, KeyState::Noise);
        check(0, 7, 3, KeyState::Noise);
        check(0, 11, 3, KeyState::Learning);
    }

    #[test]
    fn a_field_that_always_differs_is_noise_after_three() {
        check(2, 0, 0, KeyState::Learning);
        check(3, 0, 0, KeyState::Noise);
        check(1_000_000, 0, 0, KeyState::Noise);
    }

    #[test]
    fn a_difference_that_only_rust_shows_becomes_real() {
        check(0, 1, 0, KeyState::Learning);
        check(0, 6, 0, KeyState::Learning);
        check(0, 7, 0, KeyState::Real);
        check(1_000, 7, 0, KeyState::Real);
    }
}
