//! Leaving a side alone that does not answer, or with more than can be compared: after a few failures in a row it is
//! asked only now and then.
//!
//! What is not asked costs a client nothing, not even the copy of a body. The time is handed in.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row after which a side rests. Fewer happen by chance.
const PATIENCE: u32 = 5;

/// The first rest and the longest; each is twice the one before.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Whether one side of a route is worth asking.
#[derive(Debug)]
pub(super) struct Rest {
    failures: AtomicU32,
    /// Milliseconds after `base`.
    until: AtomicU64,
    base: Instant,
}

impl Rest {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            failures: AtomicU32::new(0),
            until: AtomicU64::new(0),
            base: now,
        }
    }

    /// Whether it may be asked. After a rest one question goes through, and the rest begins anew for the others.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let failures = self.failures.load(Ordering::Relaxed);
        if failures < PATIENCE {
            return true;
        }
        let until = self.until.load(Ordering::Relaxed);
        let next = self.at(now + length(failures));
        self.at(now) >= until
            && self
                .until
                .compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// It answered.
    pub(super) fn answered(&self) {
        if self.failures.load(Ordering::Relaxed) > 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// It did not answer.
    pub(super) fn failed(&self, now: Instant) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures >= PATIENCE {
            let until = self.at(now + length(failures));
            self.until.store(until, Ordering::Relaxed);
        }
    }

    fn at(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.base).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX)
    }
}

fn length(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(PATIENCE).min(10);
    LONGEST.min(FIRST * 2u32.pow(doublings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: u32, now: Instant) -> Rest {
        let rest = Rest::new(now);
        (0..failures).for_each(|_| rest.failed(now));
        rest
    }

    #[tokio::test]
    async fn a_few_failures_do_not_matter() {
        let now = Instant::now();
        assert!(after(4, now).is_over(now));
        assert!(!after(5, now).is_over(now));
    }

    #[tokio::test]
    async fn after_a_rest_one_question_goes_through() {
        let now = Instant::now();
        let rest = after(5, now);
        assert!(!rest.is_over(now + FIRST / 2));
        assert!(rest.is_over(now + FIRST));
        assert!(!rest.is_over(now + FIRST));
        rest.answered();
        assert!(rest.is_over(now + FIRST));
    }

    #[test]
    fn rests_grow_longer_up_to_a_limit() {
        assert_eq!(length(5), FIRST);
        assert_eq!(length(6), FIRST * 2);
        assert_eq!(length(60), LONGEST);
    }
}
