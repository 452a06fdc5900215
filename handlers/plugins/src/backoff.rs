//! How long to wait before another try of what failed.

use std::time::Duration;

/// Twice the wait before but no more than the longest, and between half and all of that as `chance` (0 to 1) has it, so
/// that what failed together does not come back together. `tries` is how many failed in a row, 1 for the first.
pub(crate) fn wait(tries: u32, first: Duration, longest: Duration, chance: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    doubled.min(longest).mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_bound_and_chance_takes_up_to_half() {
        let seconds = Duration::from_secs;
        let check = |tries, chance, expect| {
            assert_eq!(wait(tries, seconds(1), seconds(300), chance), expect);
        };
        check(1, 1.0, seconds(1));
        check(2, 1.0, seconds(2));
        check(4, 0.0, seconds(4));
        check(10, 1.0, seconds(300));
        check(u32::MAX, 0.0, seconds(150));
    }
}
