//! Why nothing was kept, or nothing given back.

use std::io;
use std::sync::Arc;

/// Why nothing was kept, or nothing given back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeepError {
    /// The version is another one by now.
    #[error("somebody else changed it")]
    Conflict,
    /// The quota of bytes would be passed.
    #[error("more than {max} bytes")]
    TooLarge {
        /// Bytes that there may be.
        max: u64,
    },
    /// As many as there may be are there.
    #[error("no more than {max} of them")]
    TooMany {
        /// How many there may be.
        max: u64,
    },
    /// There is no such thing.
    #[error("there is no such thing")]
    Absent,
    /// The folder is not to be used.
    #[error("the folder cannot be used")]
    Folder(#[source] Arc<io::Error>),
    /// The file cannot be read or written.
    #[error("the file cannot be used")]
    Storage(#[source] Arc<rusqlite::Error>),
    /// The file is of a newer overgrow.
    #[error("the file is of version {0}, which is newer than this program")]
    Foreign(i64),
    /// The thread that owns the file is gone.
    #[error("the file is closed")]
    Closed,
}

impl From<io::Error> for KeepError {
    fn from(error: io::Error) -> Self {
        Self::Folder(Arc::new(error))
    }
}

impl From<rusqlite::Error> for KeepError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(Arc::new(error))
    }
}
