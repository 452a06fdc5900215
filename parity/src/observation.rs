//! What one side answered, as far as it was kept.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// One side's answer to a request.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The status.
    pub status: StatusCode,
    /// The headers as they came, before content decoding.
    pub headers: HeaderMap,
    /// The body as it came, before content decoding.
    pub body: Kept,
    /// What the handler would have done to the world, had it not been in plan mode.
    pub effects: Vec<Planned>,
    /// From sending the request to the last byte of the answer that was kept.
    pub took: Duration,
}

/// A body, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether that is all of it.
    pub extent: Extent,
}

/// How much of a body was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// There was more, or the rest did not come in time.
    Cut,
}

/// An effect that was recorded instead of executed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Planned {
    /// What kind, such as `http` or `queue`.
    pub kind: String,
    /// What it acts on.
    pub target: String,
    /// The rest, for people and for comparison.
    pub detail: serde_json::Value,
}

impl Kept {
    /// A whole body.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            extent: Extent::Whole,
        }
    }
}
