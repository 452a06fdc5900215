//! When the legacy was last used.
//!
//! A request pays one relaxed store for it; the clock was read for the metrics anyway. The surprise: what nobody watched
//! does not count as idle. A sidecar that was down for a day has not seen a day without requests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::kept;

/// Counts the time since somebody last needed the legacy; cheap to clone.
#[derive(Debug, Clone)]
pub struct Watch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    started: Instant,
    /// Milliseconds after the start plus one; 0 when it was not used yet.
    used: AtomicU64,
    /// What is counted elsewhere, as it was at the last look.
    counted: AtomicU64,
    before: Mutex<Before>,
    file: PathBuf,
}

/// How long it had been idle, and when that was so.
#[derive(Debug, Clone, Copy)]
struct Before {
    idle: Duration,
    at: Instant,
}

impl Watch {
    /// Goes on where the last process in that folder stopped. One that did not end in order has left nothing, and the
    /// count begins anew: it may have seen a request that nobody knows of.
    pub fn resume(data: &Path) -> Self {
        let started = Instant::now();
        let file = kept::file(data);
        let idle = kept::take(&file).unwrap_or_default();
        Self(Arc::new(Shared {
            started,
            used: AtomicU64::new(0),
            counted: AtomicU64::new(0),
            before: Mutex::new(Before { idle, at: started }),
            file,
        }))
    }

    /// Somebody needed it at that time.
    pub fn used(&self, at: Instant) {
        let since = at.saturating_duration_since(self.0.started).as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX - 1);
        self.0.used.store(since + 1, Ordering::Relaxed);
    }

    /// A count of uses that others keep: when it has changed since the last look, one of them was now.
    pub fn counted(&self, uses: u64) {
        if self.0.counted.swap(uses, Ordering::Relaxed) != uses {
            self.used(Instant::now());
        }
    }

    /// How long it has not been used.
    pub fn idle(&self) -> Duration {
        let before = *self.before();
        let carried = before.idle + before.at.elapsed();
        match self.0.used.load(Ordering::Relaxed) {
            0 => carried,
            used => {
                let used = self.0.started + Duration::from_millis(used - 1);
                carried.min(used.elapsed())
            }
        }
    }

    /// Takes on what a process left that shared this folder until now: the one that handed its sockets over.
    pub fn join(&self) {
        let Some(idle) = kept::take(&self.0.file) else {
            return;
        };
        let at = Instant::now();
        *self.before() = Before { idle, at };
    }

    /// Leaves the count for the next process. Call it when no request can come any more.
    pub fn keep(&self) {
        if let Err(error) = kept::leave(&self.0.file, self.idle()) {
            tracing::warn!(%error, "how long the legacy was idle is not kept: the next start counts anew");
        }
    }

    fn before(&self) -> std::sync::MutexGuard<'_, Before> {
        // A plain value cannot be left half-made.
        self.0.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_first_start_has_seen_nothing() {
        let data = folder();
        let watch = Watch::resume(data.path());
        assert!(watch.idle() < DAY);
        watch.used(Instant::now());
        assert!(watch.idle() < DAY);
    }

    #[test]
    fn an_orderly_end_hands_the_count_on_once() {
        let data = folder();
        kept::leave(&kept::file(data.path()), DAY).unwrap();
        let watch = Watch::resume(data.path());
        assert!(watch.idle() >= DAY);
        let after_a_crash = Watch::resume(data.path());
        assert!(after_a_crash.idle() < DAY);
        watch.keep();
        assert!(Watch::resume(data.path()).idle() >= DAY);
    }

    #[test]
    fn a_use_ends_what_was_carried_over() {
        let data = folder();
        kept::leave(&kept::file(data.path()), DAY).unwrap();
        let watch = Watch::resume(data.path());
        watch.used(Instant::now());
        assert!(watch.idle() < DAY);
        watch.keep();
        assert!(Watch::resume(data.path()).idle() < DAY);
    }

    #[test]
    fn a_change_of_what_others_count_is_a_use() {
        let data = folder();
        kept::leave(&kept::file(data.path()), DAY).unwrap();
        let watch = Watch::resume(data.path());
        watch.counted(0);
        assert!(watch.idle() >= DAY);
        watch.counted(3);
        assert!(watch.idle() < DAY);
    }

    #[test]
    fn after_a_hand_over_the_shorter_of_both_counts_holds() {
        let data = folder();
        let file = kept::file(data.path());
        let unused = Watch::resume(data.path());
        kept::leave(&file, DAY).unwrap();
        unused.join();
        assert!(unused.idle() >= DAY, "the other one saw more of it");
        let used = Watch::resume(data.path());
        used.used(Instant::now());
        kept::leave(&file, DAY).unwrap();
        used.join();
        assert!(used.idle() < DAY);
    }
}
