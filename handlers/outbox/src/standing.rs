//! How it stands with a message, for those who ask.

use crate::delivery::Receipt;

/// How it stands with a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The outbox's own id of it.
    pub id: String,
    /// The key that it was posted with.
    pub key: Option<String>,
    /// The channel's id.
    pub channel: String,
    /// The account of ours.
    pub account: Option<String>,
    /// The addressee.
    pub to: String,
    /// When it was accepted, Unix milliseconds.
    pub at: i64,
    /// Where it is.
    pub state: State,
    /// Tries that came to something, good or bad.
    pub attempts: u32,
    /// What last went wrong.
    pub reason: Option<String>,
    /// Of what is out: all of it, or some, or nothing.
    pub receipt: Receipt,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits, or is on its way.
    Waiting {
        /// When it is tried next, Unix milliseconds.
        due: i64,
    },
    /// It was delivered.
    Sent {
        /// When, Unix milliseconds.
        ended: i64,
    },
    /// It is a dead letter.
    Dead {
        /// Since when, Unix milliseconds.
        ended: i64,
        /// What is to blame.
        fault: Fault,
    },
}

/// What is to blame for a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The message: as it is it will never be sent.
    Message,
    /// Those who should have carried it, or the time that they took.
    Carriage,
}

impl Standing {
    /// Whether nothing more will become of it by itself.
    pub fn has_ended(&self) -> bool {
        !matches!(self.state, State::Waiting { .. })
    }
}
