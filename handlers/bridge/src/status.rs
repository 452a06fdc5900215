//! How the bridge does, cheap enough to be asked at every scrape.
//!
//! The queue's thread and the courier write it, everybody reads it. It decides nothing.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;

/// How the bridge does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BridgeStatus {
    /// Entries that are not delivered yet, those in flight among them.
    pub waiting: usize,
    /// Entries that the legacy was sent and has not answered.
    pub in_flight: usize,
    /// Dead letters.
    pub dead: usize,
    /// Wakes that repeated the one before them and were accepted without a row, since the start.
    pub coalesced: u64,
    /// Entries that the legacy took, since the start.
    pub delivered: u64,
    /// Whether the legacy's WebSocket is open, or its last answer over HTTP was a good one.
    pub connected: bool,
    /// What last went wrong; empty again when a delivery went well.
    pub last_error: Option<String>,
    /// Age of the oldest entry that waits, seconds; 0 when none does.
    pub oldest_seconds: u64,
}

/// What the status is read from.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) waiting: AtomicUsize,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) dead: AtomicUsize,
    pub(crate) coalesced: AtomicU64,
    pub(crate) delivered: AtomicU64,
    pub(crate) connected: AtomicBool,
    pub(crate) last_error: ArcSwapOption<String>,
    /// Unix milliseconds, 0 when nothing waits.
    pub(crate) oldest: AtomicI64,
}

impl Gauges {
    pub(crate) fn status(&self) -> BridgeStatus {
        BridgeStatus {
            waiting: self.waiting.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            dead: self.dead.load(Relaxed),
            coalesced: self.coalesced.load(Relaxed),
            delivered: self.delivered.load(Relaxed),
            connected: self.connected.load(Relaxed),
            last_error: self.last_error.load().as_deref().cloned(),
            oldest_seconds: age(self.oldest.load(Relaxed), now()),
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Relaxed)
    }

    /// Notes that the legacy answers.
    pub(crate) fn well(&self) {
        self.connected.store(true, Relaxed);
        self.last_error.store(None);
    }

    /// Notes that it does not, and why; says whether that is news.
    pub(crate) fn unwell(&self, reason: &str) -> bool {
        self.connected.store(false, Relaxed);
        self.complain(reason)
    }

    /// Notes a fault that leaves the connection as it is; says whether that is news.
    pub(crate) fn complain(&self, reason: &str) -> bool {
        let before = self.last_error.swap(Some(reason.to_owned().into()));
        before.is_none_or(|before| *before != reason)
    }
}

/// Unix milliseconds; a clock before 1970 counts as 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    millis(since.unwrap_or_default())
}

/// The time of so many Unix milliseconds.
pub(crate) fn time(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.max(0).unsigned_abs())
}

fn millis(since: Duration) -> i64 {
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn age(oldest: i64, now: i64) -> u64 {
    if oldest == 0 {
        return 0;
    }
    (now - oldest).max(0).unsigned_abs() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_waits_has_no_age_and_a_clock_set_back_makes_none() {
        assert_eq!(age(0, 5_000), 0);
        assert_eq!(age(1_000, 5_999), 4);
        assert_eq!(age(5_000, 1_000), 0);
    }

    #[test]
    fn a_fault_is_news_once() {
        let gauges = Gauges::default();
        assert!(gauges.unwell("down"));
        assert!(!gauges.unwell("down"));
        assert!(gauges.complain("refused"));
        gauges.well();
        assert!(gauges.unwell("down"));
    }
}
