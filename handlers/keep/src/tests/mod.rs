//! Over real files, with a clock that the tests turn.

mod kill;
mod state;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tempfile::TempDir;

use crate::Keep;

/// A keep in a folder of its own, whose clock stands until it is turned.
struct Kept {
    folder: TempDir,
    keep: Keep,
    clock: Arc<AtomicU64>,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicU64::new(1_000_000));
        let keep = open(&folder, &clock);
        Self {
            folder,
            keep,
            clock,
        }
    }

    /// Closes the file and opens it again.
    fn reopened(self) -> Self {
        drop(self.keep);
        let keep = open(&self.folder, &self.clock);
        Self { keep, ..self }
    }

    fn pass(&self, millis: u64) {
        self.clock.fetch_add(millis, SeqCst);
    }
}

fn open(folder: &TempDir, clock: &Arc<AtomicU64>) -> Keep {
    let clock = Arc::clone(clock);
    Keep::with_clock(folder.path(), move || clock.load(SeqCst)).unwrap()
}
