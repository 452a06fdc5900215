//! The errors that host calls answer with, made in one place so that they read alike.

use crate::bindings::overgrow::plugin::types::Error;

/// A part of the host that this program runs without.
pub(super) fn absent(part: &str) -> Error {
    Error::Unavailable(format!("overgrow runs without {part}"))
}
