//! What can be wrong with a message or with the outbox, told apart by what is to be done about it.

use std::sync::Arc;

/// Why something was not accepted, or could not be done to the outbox.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutboxError {
    /// As much waits as may; nothing was written.
    #[error("the outbox is full")]
    Full,
    /// The key was used for another message; nothing was written.
    #[error("the idempotency key was used for another message")]
    Conflict {
        /// The id of that one.
        id: String,
    },
    /// Larger than a message may be; nothing was written.
    #[error("a message of {size} bytes, where {most} may be")]
    TooLarge {
        /// Bytes of the message as JSON.
        size: usize,
        /// Bytes that it may have.
        most: usize,
    },
    /// There is no message of that id, or not any more.
    #[error("there is no message {0}")]
    NoSuchMessage(String),
    /// Only a dead letter can be sent again or discarded.
    #[error("the message {0} is no dead letter")]
    NotDead(String),
    /// No room, no right to write, a damaged file.
    #[error("the outbox's file cannot be used: {0}")]
    Storage(#[source] Arc<rusqlite::Error>),
    /// The folder cannot be made, or a damaged file not moved out of the way.
    #[error("the outbox's folder cannot be used: {0}")]
    Folder(#[source] Arc<std::io::Error>),
    /// The file is another program's or a newer overgrow's; it is left alone.
    #[error("the outbox has the unknown schema {0}; it may be a newer overgrow's")]
    Foreign(i64),
    /// The outbox has ended, which it does when its thread could not go on.
    #[error("the outbox is closed")]
    Closed,
}

impl From<rusqlite::Error> for OutboxError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(Arc::new(error))
    }
}

impl From<std::io::Error> for OutboxError {
    fn from(error: std::io::Error) -> Self {
        Self::Folder(Arc::new(error))
    }
}
