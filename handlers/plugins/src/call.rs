//! One call of a plugin: what the host says of it, and how it can fail.

use std::time::{Duration, Instant};

use overgrow_handler::Effects;

/// What the host says of one call.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Unique, and the same when the same piece of work is tried again.
    pub id: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// When the host gives up, at the latest; the grant's own limit may be sooner.
    pub deadline: Instant,
    /// The account that the work belongs to.
    pub account: Option<String>,
    /// The way to the world; it may only record.
    pub effects: Effects,
}

/// How a call failed. Nothing but the call is touched by it: its instance is thrown away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The plugin does not export this.
    #[error("the plugin does not export `{0}`")]
    Absent(&'static str),
    /// It trapped: a panic, a stack that overflowed, an index out of bounds. The text is for people.
    #[error("the plugin trapped: {0}")]
    Trap(String),
    /// It was not done when its time was up.
    #[error("the plugin was not done after {}", humane(.0))]
    Deadline(Duration),
    /// It wanted more memory than it was granted.
    #[error("the plugin wanted more memory than its {0} bytes")]
    Memory(u64),
    /// Its answer is larger than granted, or is none.
    #[error("the plugin's answer is larger than {0} bytes")]
    Answer(u64),
    /// As many calls are running as may, and none ended in time.
    #[error("the plugin is busy")]
    Busy,
    /// It said that it failed.
    #[error("the plugin failed: {code}: {message}")]
    Failed {
        /// Its own stable code.
        code: String,
        /// Its own text.
        message: String,
        /// Whether another try may help.
        retry: Retry,
    },
    /// The version that was called is gone, or none is there.
    #[error("the plugin is not there")]
    Gone,
}

/// Whether and when another try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It will not.
    Never,
    /// It may; the host's own back-off applies.
    Backoff,
    /// It may, and the far side said when.
    After(Duration),
}

impl CallError {
    /// The word for metrics: one of few.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Trap(_) => "trap",
            Self::Deadline(_) => "deadline",
            Self::Memory(_) => "memory",
            Self::Answer(_) => "answer",
            Self::Busy => "busy",
            Self::Failed { .. } => "failed",
            Self::Gone => "gone",
        }
    }
}

fn humane(time: &Duration) -> String {
    format!("{} ms", time.as_millis())
}
