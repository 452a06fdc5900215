//! How often something may happen: so many in a time, all of them at once if need be.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::grant::Rate;

/// Keeps one rate, and counts what was above it.
#[derive(Debug)]
pub(crate) struct Pace {
    limiter: Option<DefaultDirectRateLimiter>,
    never: bool,
    above: AtomicU64,
}

impl Pace {
    /// `None` is no limit; a rate of none in any time lets nothing through.
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        let quota = rate.and_then(quota);
        Self {
            never: rate.is_some() && quota.is_none(),
            limiter: quota.map(RateLimiter::direct),
            above: AtomicU64::new(0),
        }
    }

    /// Whether it may happen now.
    ///
    /// # Errors
    /// When it may, if ever.
    pub(crate) fn pass(&self) -> Result<(), Option<Duration>> {
        let refused = match &self.limiter {
            None if self.never => None,
            None => return Ok(()),
            Some(limiter) => match limiter.check() {
                Ok(()) => return Ok(()),
                Err(until) => Some(until.wait_time_from(DefaultClock::default().now())),
            },
        };
        self.above.fetch_add(1, Relaxed);
        Err(refused)
    }

    /// How many were above since this was last asked.
    pub(crate) fn take_above(&self) -> u64 {
        self.above.swap(0, Relaxed)
    }
}

fn quota(rate: Rate) -> Option<Quota> {
    let count = NonZeroU32::new(rate.count)?;
    let each = (rate.per / rate.count).max(Duration::from_nanos(1));
    Some(Quota::with_period(each)?.allow_burst(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(count: u32) -> Pace {
        let per = Duration::from_secs(3600);
        Pace::new(Some(Rate { count, per }))
    }

    #[test]
    fn so_many_pass_at_once_and_the_rest_is_counted_and_told_when() {
        let pace = pace(2);
        assert!(pace.pass().is_ok() && pace.pass().is_ok());
        let wait = pace.pass().unwrap_err().expect("it may later");
        assert!(wait <= Duration::from_secs(1800) && wait > Duration::from_secs(1700));
        assert!(pace.pass().is_err());
        assert_eq!((pace.take_above(), pace.take_above()), (2, 0));
    }

    #[test]
    fn none_in_any_time_is_never_and_no_rate_is_always() {
        assert_eq!(pace(0).pass(), Err(None));
        let always = Pace::new(None);
        assert!((0..1000).all(|_| always.pass().is_ok()));
    }
}
