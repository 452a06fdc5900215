//! Why a delivery did not go on, for the log and the status.

use crate::BridgeError;

/// Why a delivery did not go on. It is tried again, whatever it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The legacy cannot be reached, or went away.
    #[error("the legacy is away: {0}")]
    Away(String),
    /// It is there and would not.
    #[error("{0}")]
    Refused(String),
    /// Our own queue failed.
    #[error(transparent)]
    Queue(#[from] BridgeError),
}

impl Trouble {
    pub(crate) fn away(error: impl std::fmt::Display) -> Self {
        Self::Away(error.to_string())
    }
}
