//! Why a file is not given, and why one is not kept.

use std::io;

/// Why a file is not given to who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The name leads to a folder, a link or another thing that is no plain file.
    #[error("not a plain file of the store")]
    InvalidPath,
    /// There is none of that name, or somebody else took it first.
    #[error("no such file")]
    NotFound,
    /// It is larger than the caller wants it; it stays.
    #[error("the file has {size} bytes")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
    },
    /// Its time was over; it is gone now.
    #[error("the file has expired")]
    Expired,
    /// The folder's system does not let it be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
    /// The object store did not answer, or not with the file.
    #[error("the object store failed")]
    Remote(#[source] object_store::Error),
}

/// Why a file is not kept, or the store not swept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The cap is reached. The caller may come again when something has expired.
    #[error("the media store is full: {used} of {cap} bytes are used")]
    Full {
        /// Bytes in use, those of saves under way included.
        used: u64,
        /// Bytes that may be.
        cap: u64,
    },
    /// The file is larger than one file may be.
    #[error("the file has {size} bytes of at most {max}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// Bytes that it may have.
        max: u64,
    },
    /// The folder's system refused.
    #[error("the media folder cannot be changed")]
    Folder(#[from] io::Error),
    /// The object store did not answer, or refused.
    #[error("the object store failed")]
    Remote(#[from] object_store::Error),
}
