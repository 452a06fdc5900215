//! The handle on everything that is kept.
//!
//! It opens the file and hands out the parts, and must not know what plugins are. The surprise: reading and writing are
//! two threads, so that a read does not wait for the disk; what was answered for as written is seen by every read after.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::Notify;

use crate::desk::Desk;
use crate::{KeepError, file};

/// Everything that plugins keep; cheap to clone. The file is closed with the last clone.
#[derive(Clone)]
pub struct Keep {
    pub(crate) reading: Desk,
    pub(crate) writing: Desk,
    pub(crate) stirred: Arc<Notify>,
    /// Names this file among all there ever were.
    pub(crate) name: Arc<str>,
    clock: Clock,
}

/// Gives Unix milliseconds.
type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

impl Keep {
    /// Opens `plugins.db` in a folder, which is made where there is none. It blocks on the file.
    ///
    /// # Errors
    /// Of the folder and its surroundings; a damaged file is none, it is set aside and its new name logged.
    pub fn open(folder: &Path) -> Result<Self, KeepError> {
        Self::with_clock(folder, file::now)
    }

    /// As [`open`](Self::open), with another clock than the system's: Unix milliseconds.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_clock(
        folder: &Path,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<Self, KeepError> {
        let opened = file::open(folder)?;
        if let Some(aside) = opened.set_aside {
            let aside = aside.display();
            tracing::error!("a damaged file was set aside as {aside}; plugins begin with nothing");
        }
        Ok(Self {
            name: name(&opened.writing)?,
            reading: Desk::reading(opened.reading)?,
            writing: Desk::writing(opened.writing)?,
            stirred: Arc::default(),
            clock: Arc::new(clock),
        })
    }

    /// The time, Unix milliseconds.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

fn name(file: &Connection) -> Result<Arc<str>, KeepError> {
    let sql = "SELECT value FROM memory WHERE key = 'name'";
    let name: String = file.query_row(sql, [], |row| row.get(0))?;
    Ok(name.into())
}
