//! What a difference is counted under: a place in the answer and a kind.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Where in an answer: `status`, `body`, `header:NAME`, or a JSON path with array indexes folded (`json:/items/*/price`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(Arc<str>);

impl Place {
    /// Takes a place as it is written.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The place as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In which way two answers differ at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Rust lacks what legacy has.
    Missing,
    /// Rust has what legacy lacks.
    Extra,
    /// Of another type, or no longer of the class it had.
    Type,
    /// Another value.
    Value,
    /// The same elements in another order, or the same text with other white space.
    Order,
    /// Another length.
    Size,
    /// Another status.
    Status,
    /// Another header value.
    Header,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Type => "type",
            Self::Value => "value",
            Self::Order => "order",
            Self::Size => "size",
            Self::Status => "status",
            Self::Header => "header",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What evidence is kept by, within a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Where.
    pub place: Place,
    /// In which way.
    pub kind: Kind,
}
