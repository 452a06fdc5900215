//! What comes from outside, and what became of it.
//!
//! Plain data. It must not know plugins: who has another form of it fills in this one.

use overgrow_handler::Effect;
use serde_json::json;

/// A message from a person or a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inbound {
    /// The channel's id, lower case.
    pub channel: String,
    /// The account of ours that it came to; `None` is the default one.
    pub account: Option<String>,
    /// The provider's id of it.
    pub id: String,
    /// Who sent it.
    pub sender: Sender,
    /// What kind of conversation it is in.
    pub chat: Chat,
    /// Where a reply goes.
    pub conversation: String,
    /// What people call the conversation.
    pub conversation_name: Option<String>,
    /// The thread in it.
    pub thread: Option<String>,
    /// What it says.
    pub text: String,
    /// Whether the bot was spoken to.
    pub addressed: Addressed,
    /// When it was sent, Unix milliseconds.
    pub sent_at: u64,
    /// Attached files, by their keys in the media store: `inbound/photo.jpg`.
    pub attachments: Vec<String>,
}

/// Who sent a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sender {
    /// The provider's id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What it is.
    pub kind: SenderKind,
}

/// What a sender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SenderKind {
    /// A person.
    #[default]
    Person,
    /// Another bot.
    Bot,
    /// This bot itself.
    Ourselves,
}

/// What kind of conversation a message is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chat {
    /// Two who talk.
    #[default]
    Direct,
    /// Several who talk.
    Group,
    /// Whoever comes.
    Channel,
}

/// Whether the bot was spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Addressed {
    /// By a mention, a reply, or because nobody else is there.
    #[default]
    Yes,
    /// It was said in its presence.
    No,
}

/// What became of a message from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reception {
    /// It is taken, durably: the agent's run has this id.
    Accepted(String),
    /// The sender is not known; the text to tell it, when one is due.
    Pairing(Option<String>),
    /// It was dropped, and why.
    Filtered(String),
    /// It was taken before.
    Duplicate,
}

impl Inbound {
    /// Names it among all there ever were.
    pub(crate) fn key(&self) -> String {
        let account = self.account.as_deref().unwrap_or_default();
        // A conversation belongs to it: some providers count per conversation.
        format!(
            "in\u{1f}{}\u{1f}{account}\u{1f}{}\u{1f}{}",
            self.channel, self.conversation, self.id
        )
    }

    /// What a plan shows of it.
    pub(crate) fn effect(&self, kind: &'static str) -> Effect {
        let detail = json!({
            "id": self.id,
            "account": self.account,
            "conversation": self.conversation,
            "thread": self.thread,
            "sender": self.sender.id,
            "text": self.text,
            "attachments": self.attachments,
        });
        Effect::new(kind, self.channel.clone()).detail(detail)
    }
}
