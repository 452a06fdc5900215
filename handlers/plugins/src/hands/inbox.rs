//! Where messages from the outside go: the gateway, through whoever knows how it takes them.
//!
//! The types are those of the contract, as plain data, so that an inbox need not know Wasmtime. Grants and repeats are
//! checked before anything comes here.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

/// Takes messages from the outside.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// What would become of an event before it is taken: filtered, or a stranger to be paired. `None` is that it would be
    /// taken. It changes nothing, and is asked in plans too.
    ///
    /// # Errors
    /// When it cannot be said.
    async fn judge(&self, submission: &Submission) -> Result<Option<Receipt>, InboxError>;

    /// Takes an event; when this returns `Accepted`, it will not be lost. The same [`Submission::key`] may come twice after
    /// a crash.
    ///
    /// # Errors
    /// When it was not taken, or nobody knows.
    async fn submit(&self, submission: Submission) -> Result<Receipt, InboxError>;

    /// Says that somebody types; best effort.
    ///
    /// # Errors
    /// When it was not said.
    async fn presence(&self, presence: Presence) -> Result<(), InboxError>;
}

/// An event with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Submission {
    /// The plugin that hands it over.
    pub plugin: String,
    /// The channel for which it speaks; it was granted.
    pub channel: String,
    /// The same for the same event, and no other's.
    pub key: String,
    /// What happened.
    pub event: Event,
    /// Ids of files in the media store.
    pub attachments: Vec<String>,
}

/// What happened outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A message came.
    Message(Message),
    /// The message of the same id has a new text.
    Edited(Message),
    /// The message of an id is gone.
    Deleted {
        /// Where.
        conversation: String,
        /// Which.
        message_id: String,
    },
    /// Somebody reacted.
    Reaction(Reaction),
    /// Somebody voted.
    PollVote(PollVote),
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The account of ours that it came to.
    pub account: Option<String>,
    /// The provider's id of it.
    pub id: String,
    /// Who wrote it.
    pub sender: Sender,
    /// Where.
    pub chat: ChatKind,
    /// Where a reply goes.
    pub conversation: String,
    /// What the conversation is called.
    pub conversation_name: Option<String>,
    /// The thread in it.
    pub thread: Option<String>,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// What was written.
    pub text: String,
    /// Whether the bot was meant.
    pub addressed: bool,
    /// When, Unix milliseconds.
    pub sent_at: u64,
    /// What else there is.
    pub extra: Vec<(String, String)>,
}

/// Who wrote or did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sender {
    /// The provider's id.
    pub id: String,
    /// What people call them.
    pub name: Option<String>,
    /// Their handle.
    pub handle: Option<String>,
    /// Whether it is our own account.
    pub is_self: bool,
    /// Whether it is a bot.
    pub is_bot: bool,
}

/// The kind of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// Between two.
    Direct,
    /// Among some.
    Group,
    /// For many.
    Channel,
    /// Below a message.
    Thread,
}

/// A reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// Where.
    pub conversation: String,
    /// To which message.
    pub message_id: String,
    /// Whose.
    pub sender: Sender,
    /// Which.
    pub emoji: String,
    /// Whether it was taken back.
    pub removed: bool,
}

/// A vote in a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PollVote {
    /// Where.
    pub conversation: String,
    /// Which poll.
    pub poll_id: String,
    /// Whose.
    pub sender: Sender,
    /// Places of the chosen options.
    pub choices: Vec<u32>,
}

/// Somebody types, or stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The plugin that says so.
    pub plugin: String,
    /// The channel; it was granted.
    pub channel: String,
    /// Where.
    pub conversation: String,
    /// Who.
    pub sender_id: String,
    /// Whether they type.
    pub typing: bool,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// It was taken; the run or session it belongs to.
    Accepted(String),
    /// Its sender is unknown and may be paired; the text to send back, if one is due.
    Pairing(Option<String>),
    /// It was dropped, and why.
    Filtered(String),
    /// It was there before.
    Duplicate,
}

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// It never will be.
    #[error("{0}")]
    Invalid(String),
    /// It may be later.
    #[error("{reason}")]
    Unavailable {
        /// Why not now.
        reason: String,
        /// When, if that is known.
        after: Option<Duration>,
    },
}
