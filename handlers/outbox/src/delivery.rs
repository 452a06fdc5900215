//! What a carrier is asked, and what it answers.
//!
//! The outbox knows no channel: a [`Carrier`] takes a message to it and says what became of it. It must say what it is
//! certain of and no more, because what is certainly not sent is tried afresh, and what may be is repeated under the
//! key that it had.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Content, Message};

/// Takes messages to their channels.
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// Tries once. The outbox never asks for two messages of one channel, account and addressee at a time; it drops the
    /// future when it takes longer than [`patience`](crate::OutboxConfig::patience), or when the outbox ends.
    async fn deliver(&self, message: &Message, attempt: &Attempt) -> Delivery;
}

/// Which try it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The message's id, the same at every try.
    pub id: String,
    /// 1 for the first try.
    pub number: u32,
    /// Names the try to whoever remembers keys: the same as the last one's when nobody knows what became of that, another
    /// one when it certainly failed.
    pub key: String,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// All of it is out.
    Sent(Receipt),
    /// Some of it is out, the rest failed.
    Partial {
        /// Of what is out.
        receipt: Receipt,
        /// What is not.
        rest: Rest,
        /// Whether to try that again.
        retry: Retry,
        /// Why it failed, for people.
        reason: String,
    },
    /// Certainly nothing was sent.
    Failed {
        /// Whether to try again.
        retry: Retry,
        /// Why, for people.
        reason: String,
    },
    /// Certainly nothing was sent, and the message is at fault: there is no such channel or addressee.
    Rejected {
        /// Why, for whoever posted it.
        reason: String,
    },
    /// It may be out or not: the answer did not come.
    Unknown {
        /// Why, for people.
        reason: String,
    },
    /// Nobody is there to carry it: nothing was sent, and it is no attempt that counts.
    Away {
        /// Why, for people.
        reason: String,
    },
}

/// What is left to send of a message of which some is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// This.
    Content(Content),
    /// The carrier knows, by the message's id; it is asked with the whole of it again.
    KnownToCarrier,
}

impl Rest {
    pub(crate) fn content(self) -> Option<Content> {
        match self {
            Self::Content(content) => Some(content),
            Self::KnownToCarrier => None,
        }
    }
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It cannot help.
    Never,
    /// When the outbox thinks fit.
    Backoff,
    /// When the provider says.
    After(Duration),
}

/// What the provider said of what is out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Receipt {
    /// The provider's ids, one per message that it made of this one, in order.
    pub message_ids: Vec<String>,
    /// The conversation that they are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// When, Unix milliseconds, as the provider has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<u64>,
    /// Whatever else it said: `chatId`, `toJid`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Receipt {
    /// Of one message with this id.
    pub fn of(id: impl Into<String>) -> Self {
        Self {
            message_ids: vec![id.into()],
            ..Self::default()
        }
    }

    /// Adds what came later.
    pub fn join(&mut self, later: Self) {
        self.message_ids.extend(later.message_ids);
        self.conversation = later.conversation.or(self.conversation.take());
        self.sent_at = later.sent_at.or(self.sent_at);
        self.extra.extend(later.extra);
    }
}
