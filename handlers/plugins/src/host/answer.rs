//! The errors that host calls answer with, made in one place so that they read alike.

use overgrow_keep::{Keep, KeepError};

use crate::bindings::overgrow::plugin::types::Error;
use crate::who::Who;

/// A part of the host that this program runs without.
pub(super) fn absent(part: &str) -> Error {
    Error::Unavailable(format!("overgrow runs without {part}"))
}

/// Arguments with which the call never can succeed.
pub(super) fn invalid(what: impl Into<String>) -> Error {
    Error::Invalid(what.into())
}

/// Why something is not kept.
pub(super) fn kept(error: KeepError) -> Error {
    match error {
        KeepError::Conflict => Error::Conflict,
        KeepError::TooLarge { max } => Error::TooLarge(max),
        KeepError::TooMany { max } => {
            let text = format!("no more than {max} are granted");
            Error::Other(("too-many".to_owned(), text))
        }
        KeepError::Absent => Error::NotFound,
        other => Error::Unavailable(other.to_string()),
    }
}

impl Who {
    /// What is kept.
    pub(super) fn keep(&self) -> Result<&Keep, Error> {
        let keep = self.hands.keep.as_ref();
        keep.ok_or_else(|| absent("a folder to keep state in"))
    }
}
