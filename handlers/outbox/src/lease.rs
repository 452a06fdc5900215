//! Who delivers, when two processes have the outbox open: the one that holds the lock on `outbox.lock`.
//!
//! While one process hands over to the next both accept messages, but two that deliver would send everything twice. The
//! surprise: the system lets go of the lock when its holder ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

/// How often the lock is tried while another process holds it, which drains for seconds or minutes.
const AGAIN: Duration = Duration::from_millis(500);

/// The right to deliver; given up on drop.
#[derive(Debug)]
pub(crate) struct Lease(#[expect(dead_code, reason = "it is held, not used")] File);

impl Lease {
    /// Opens the lock's file without asking for the lock.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn file(folder: &Path) -> io::Result<File> {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        options.open(folder.join("outbox.lock"))
    }

    /// Waits for the lock. A file system that knows no locks has none to wait for, and no second process either.
    pub(crate) async fn acquire(file: File) -> Self {
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            sleep(AGAIN).await;
        }
        Self(file)
    }
}
