//! What a sweep found and did.

use std::time::{Duration, SystemTime};

/// Files and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Bytes of the files that stay.
    pub(crate) kept_bytes: u64,
    /// Files that stay.
    pub(crate) kept: u64,
    /// Files that went.
    pub(crate) removed: u64,
}

impl Tally {
    /// Counts a file that stays.
    pub(crate) fn keep(&mut self, size: u64) {
        self.kept += 1;
        self.kept_bytes += size;
    }
}

/// How old a file is; zero for one from the future.
pub(crate) fn age(now: SystemTime, modified: SystemTime) -> Duration {
    now.duration_since(modified).unwrap_or_default()
}
