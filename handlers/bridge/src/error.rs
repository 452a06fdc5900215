//! What can be wrong with a dispatch or with the queue, told apart by what is to be done about it.

use std::sync::Arc;

/// Why something was not accepted, or could not be done to the queue.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BridgeError {
    /// As much waits for the legacy as may; nothing was written. The request is better left to the legacy.
    #[error("the queue to the legacy is full")]
    Full,
    /// The legacy would not take it as a body of its hooks; nothing was written. The request is better left to it.
    #[error("of {size} bytes, where the legacy's hooks take {most}")]
    TooLarge {
        /// Bytes of the dispatch as JSON.
        size: usize,
        /// Bytes that the legacy's hooks take.
        most: usize,
    },
    /// No room, no right to write, a damaged file. Whether anything was written is decided by the file: nothing was.
    #[error("the queue's file cannot be used: {0}")]
    Storage(#[source] Arc<rusqlite::Error>),
    /// The folder cannot be made, or a damaged file not moved out of the way.
    #[error("the queue's folder cannot be used: {0}")]
    Folder(#[source] Arc<std::io::Error>),
    /// The file is another program's or a newer overgrow's; it is left alone.
    #[error("the queue has the unknown schema {0}; it may be a newer overgrow's")]
    Foreign(i64),
    /// There is no dead letter of that number.
    #[error("there is no dead letter {0}")]
    NoSuchLetter(i64),
    /// The queue has ended, which it does when its thread could not go on.
    #[error("the queue to the legacy is closed")]
    Closed,
}

impl From<rusqlite::Error> for BridgeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(Arc::new(error))
    }
}

impl From<std::io::Error> for BridgeError {
    fn from(error: std::io::Error) -> Self {
        Self::Folder(Arc::new(error))
    }
}
