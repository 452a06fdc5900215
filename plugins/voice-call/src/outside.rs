//! Everything the plugin cannot do by itself, as one trait, so that what it decides can be tested without a host.

#[cfg(test)]
pub(crate) mod bench;

use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::signature::Keyed;

/// The host as the rest of the crate sees it.
pub trait Outside {
    /// Makes keyed digests with one secret.
    type Secret: Keyed<Error = Trouble>;

    /// Unix ms.
    fn now(&self) -> u64;
    /// A random UUID.
    fn unique(&self) -> String;
    /// A value and its version.
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Trouble>;
    /// Writes a value if the version is still the expected one, 0 for none; `lives` in ms.
    fn write(&self, key: &str, expected: u64, value: &[u8], lives: u64) -> Result<Write, Trouble>;
    /// Writes a value whatever is there; `lives` in ms.
    fn put(&self, key: &str, value: &[u8], lives: u64) -> Result<(), Trouble>;
    /// Removes a value.
    fn erase(&self, key: &str) -> Result<(), Trouble>;
    /// The first keys with a prefix, in order.
    fn keys(&self, prefix: &str, limit: u32) -> Result<Vec<String>, Trouble>;
    /// Has `order` carried out at a time, Unix ms; a timer of the same name is replaced.
    fn arm(&self, name: &str, at: u64, order: &Order) -> Result<(), Trouble>;
    /// Forgets a timer.
    fn disarm(&self, name: &str) -> Result<(), Trouble>;
    /// Sends a request; ok is the body of an answer that was a success, or was absent where that suffices.
    fn send(&self, ask: &Ask) -> Result<Vec<u8>, Trouble>;
    /// A secret by name.
    fn secret(&self, name: &str) -> Result<Self::Secret, Trouble>;
    /// The text of a secret that is a public key.
    fn reveal(&self, name: &str) -> Result<String, Trouble>;
    /// Lets some time pass, ms.
    fn pause(&self, ms: u64) -> Result<(), Trouble>;
    /// A line for the operator.
    fn note(&self, note: Note, message: &str, call_id: &str);
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It is written.
    Done,
    /// Somebody else was there first.
    Lost,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// In the ordinary run of things.
    Plain,
    /// Somebody may want to look.
    Odd,
}

/// Why something outside failed. The text is what the agent is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// Whether it may go better another time.
    pub again: Again,
}

/// Whether something may go better another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It will not.
    Never,
    /// It may.
    Later,
    /// It may after so many ms.
    After(u64),
}

/// Work for later. It is stored as JSON, so its words are fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Order {
    /// Say the first words.
    Greet {
        /// The call.
        call_id: String,
        /// The words.
        text: String,
    },
    /// Hang up, if it is still on.
    HangUp {
        /// The call.
        call_id: String,
    },
}

impl Trouble {
    /// Nothing to be done about it.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            again: Again::Never,
        }
    }

    /// It may pass.
    pub fn passing(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            again: Again::Later,
        }
    }
}

impl From<&'static str> for Trouble {
    fn from(message: &'static str) -> Self {
        Self::lasting(message)
    }
}
