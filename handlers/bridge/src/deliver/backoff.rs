//! How long to wait before the next attempt.

use std::time::Duration;

/// The first wait. A legacy that restarts is away for seconds, one that hiccups for less than this.
const FIRST: Duration = Duration::from_millis(100);

/// The wait after so many attempts in a row that went wrong: twice the one before but no more than the longest, and
/// between half and all of that as `chance` (0 to 1) has it, so that two who lost the same legacy do not come back
/// together.
pub(crate) fn delay(attempts: u32, longest: Duration, chance: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(attempts));
    doubled.min(longest).mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_bound_and_chance_takes_up_to_half() {
        let longest = Duration::from_secs(5);
        let check = |attempts, chance, millis| {
            assert_eq!(
                delay(attempts, longest, chance),
                Duration::from_millis(millis)
            );
        };
        check(0, 1.0, 100);
        check(1, 1.0, 200);
        check(3, 0.0, 400);
        check(6, 1.0, 5_000);
        check(u32::MAX, 0.0, 2_500);
    }
}
