//! What a provider reports, in one language for all of them.

use crate::call::{Direction, State};

/// Something happened to a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Unique; the same for a repeat of the same report.
    pub id: String,
    /// Our id of the call, or the provider's where it knows no other.
    pub call_id: String,
    /// The provider's id.
    pub provider_call_id: Option<String>,
    /// When, Unix ms.
    pub timestamp: u64,
    /// Who began the call, where that is said.
    pub direction: Option<Direction>,
    /// The number that calls.
    pub from: Option<String>,
    /// The number that is called.
    pub to: Option<String>,
    /// What it was.
    pub kind: Kind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The call got this far and goes on.
    Reached(State),
    /// The person said something.
    Speech {
        /// What was understood.
        text: String,
        /// Whether it is more than a guess.
        done: bool,
    },
    /// Silence or keys, which change nothing.
    Noise,
    /// It is over.
    Ended(State),
    /// The provider has failed; the call is over unless it tries again.
    Failed {
        /// Whether it tries again.
        retryable: bool,
    },
}

/// Where a reading takes ids and the time from.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Unix ms.
    pub now: u64,
    /// For an event that has no id of its own.
    pub id: String,
}
