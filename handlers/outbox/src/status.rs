//! How the outbox does, cheap enough to be asked at every scrape.
//!
//! The file's thread and the courier write it, everybody reads it. It decides nothing.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// How the outbox does. Counts are since the start unless it says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxStatus {
    /// Messages that wait now, those in flight among them.
    pub waiting: usize,
    /// Bytes that they take as JSON.
    pub waiting_bytes: u64,
    /// Messages on their way now.
    pub in_flight: usize,
    /// Dead letters now.
    pub dead: usize,
    /// Messages that were accepted.
    pub accepted: u64,
    /// Messages that came again with their key.
    pub repeated: u64,
    /// Messages that were not accepted because too many waited.
    pub refused: u64,
    /// Messages that were delivered.
    pub sent: u64,
    /// Tries that failed and will be made again.
    pub retried: u64,
    /// Messages that became dead letters.
    pub died: u64,
}

/// What the status is read from.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) waiting: AtomicUsize,
    pub(crate) waiting_bytes: AtomicU64,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) dead: AtomicUsize,
    pub(crate) accepted: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) died: AtomicU64,
}

impl Gauges {
    pub(crate) fn status(&self) -> OutboxStatus {
        OutboxStatus {
            waiting: self.waiting.load(Relaxed),
            waiting_bytes: self.waiting_bytes.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            dead: self.dead.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            refused: self.refused.load(Relaxed),
            sent: self.sent.load(Relaxed),
            retried: self.retried.load(Relaxed),
            died: self.died.load(Relaxed),
        }
    }
}

/// Counts one more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
