//! What can be wrong with the ledger's file, told apart by what is to be done about it.

use rusqlite::ErrorCode;

/// Why the ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// What is in the file makes no sense: it is set aside, and another one begun.
    #[error("the ledger is damaged: {0}")]
    Damaged(String),
    /// Another program's file, or a newer overgrow's: it is set aside unharmed.
    #[error("the ledger has the unknown schema {0}; it may be a newer overgrow's")]
    Foreign(i64),
    /// No room, no right to write, another process that does not let go: it is tried again later.
    #[error("the ledger cannot be used")]
    Unusable(#[source] rusqlite::Error),
    /// The folder cannot be made, or the file not moved.
    #[error("the ledger's folder cannot be used")]
    Folder(#[from] std::io::Error),
    /// The ledger is closed.
    #[error("the ledger is closed")]
    Closed,
}

impl LedgerError {
    /// Whether the file itself is at fault, so that another one would do.
    pub(crate) fn is_of_the_file(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::Foreign(_))
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            // A table or a column that is not there, or holds something of another type.
            Some(ErrorCode::Unknown) => Self::Damaged(error.to_string()),
            Some(_) => Self::Unusable(error),
            None => Self::Damaged(error.to_string()),
        }
    }
}
