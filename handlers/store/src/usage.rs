//! How much of the disk is used, so that a save that would fill it is refused.
//!
//! It must not know where files lie: it is told what was counted. The surprise: the legacy writes to the same folder, so a
//! count goes stale; what this side saves in between is added to the last count, and a save is refused on a fresh one only.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::StoreError;

/// How long a count is believed. A walk over ten thousand files takes tens of milliseconds.
const FRESH: Duration = Duration::from_secs(10);

/// Bytes in use, shared by all that save.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    stored: u64,
    /// Of saves under way: not stored yet, and not in any count.
    promised: u64,
    counted: Option<Instant>,
}

/// Room for one save. Dropped, it is given back; [`used`](Self::used), it belongs to the count.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    usage: &'a Usage,
    size: u64,
}

impl Usage {
    /// Whether somebody should count before the next save.
    pub(crate) fn is_stale(&self) -> bool {
        self.with(|count| count.counted.is_none_or(|at| at.elapsed() > FRESH))
    }

    /// Takes what was counted just now.
    pub(crate) fn set(&self, stored: u64) {
        self.with(|count| {
            count.stored = stored;
            count.counted = Some(Instant::now());
        });
    }

    /// Room for `size` bytes below `cap`.
    ///
    /// # Errors
    /// `Full` when there is none by the last count.
    pub(crate) fn reserve(&self, size: u64, cap: u64) -> Result<Room<'_>, StoreError> {
        self.with(|count| {
            let used = count.stored.saturating_add(count.promised);
            if used.saturating_add(size) > cap {
                return Err(StoreError::Full { used, cap });
            }
            count.promised += size;
            Ok(())
        })?;
        Ok(Room { usage: self, size })
    }

    /// A file of that many bytes is gone.
    pub(crate) fn gone(&self, size: u64) {
        self.with(|count| count.stored = count.stored.saturating_sub(size));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Count) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Room<'_> {
    /// The file is there.
    pub(crate) fn used(self) {
        self.usage
            .with(|count| count.stored = count.stored.saturating_add(self.size));
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let size = self.size;
        self.usage.with(|count| count.promised -= size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_count_is_believed_for_a_while() {
        let usage = Usage::default();
        assert!(usage.is_stale());
        usage.set(5);
        assert!(!usage.is_stale());
        tokio::time::advance(FRESH + Duration::from_millis(1)).await;
        assert!(usage.is_stale());
    }

    #[tokio::test]
    async fn two_saves_do_not_both_get_the_last_room() {
        let usage = Usage::default();
        usage.set(4);
        let first = usage.reserve(6, 10).expect("room");
        let refused = usage.reserve(1, 10).expect_err("no room");
        assert!(matches!(refused, StoreError::Full { used: 10, cap: 10 }));
        drop(first);
        usage.reserve(6, 10).expect("given back").used();
        assert!(usage.reserve(1, 10).is_err());
        usage.gone(1);
        assert!(usage.reserve(1, 10).is_ok());
    }
}
