//! Events as the contract has them, and as plain data.
//!
//! Pure. A key names an event: two messages of one id are one event, and an edit is another one for each text.

use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::bindings::overgrow::plugin::inbound as wit;
use crate::hands::{ChatKind, Event, Message, PollVote, Reaction, Receipt, Sender};

/// The channel that an event says it is of; only those with a message do.
pub(super) fn channel(event: &wit::Event) -> Option<&str> {
    match event {
        wit::Event::Message(message) | wit::Event::Edited(message) => Some(&message.channel),
        _ => None,
    }
}

/// Whether a repeat can be told by what the event itself says.
pub(super) fn is_told_once(event: &Event) -> bool {
    matches!(
        event,
        Event::Message(_) | Event::Edited(_) | Event::Deleted { .. }
    )
}

/// The same for the same event. Where an event has no id of its own, the call that reports it stands for one.
pub(super) fn key(channel: &str, event: &Event, call: &str) -> String {
    let named = match event {
        Event::Message(it) => json!([channel, "message", it.account, it.conversation, it.id]),
        Event::Edited(it) => {
            json!([
                channel,
                "edited",
                it.account,
                it.conversation,
                it.id,
                it.text
            ])
        }
        Event::Deleted {
            conversation,
            message_id,
        } => json!([channel, "deleted", conversation, message_id]),
        Event::Reaction(_) | Event::PollVote(_) => json!([channel, call, event]),
    };
    let hash = digest(&SHA256, named.to_string().as_bytes());
    let digits = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

pub(super) fn plain(event: wit::Event) -> Event {
    match event {
        wit::Event::Message(it) => Event::Message(message(it)),
        wit::Event::Edited(it) => Event::Edited(message(it)),
        wit::Event::Deleted((conversation, message_id)) => Event::Deleted {
            conversation,
            message_id,
        },
        wit::Event::Reaction(it) => Event::Reaction(Reaction {
            conversation: it.conversation,
            message_id: it.message_id,
            sender: sender(it.sender),
            emoji: it.emoji,
            removed: it.removed,
        }),
        wit::Event::PollVote(it) => Event::PollVote(PollVote {
            conversation: it.conversation,
            poll_id: it.poll_id,
            sender: sender(it.sender),
            choices: it.choices,
        }),
    }
}

pub(super) fn receipt(receipt: Receipt) -> wit::Receipt {
    match receipt {
        Receipt::Accepted(run) => wit::Receipt::Accepted(run),
        Receipt::Pairing(text) => wit::Receipt::Pairing(text),
        Receipt::Filtered(why) => wit::Receipt::Filtered(why),
        Receipt::Duplicate => wit::Receipt::Duplicate,
    }
}

fn message(it: wit::Message) -> Message {
    Message {
        account: it.account,
        id: it.id,
        sender: sender(it.sender),
        chat: chat(it.chat),
        conversation: it.conversation,
        conversation_name: it.conversation_name,
        thread: it.thread,
        reply_to: it.reply_to,
        text: it.text,
        addressed: it.addressed,
        sent_at: it.sent_at,
        extra: it.extra,
    }
}

fn sender(it: wit::Sender) -> Sender {
    Sender {
        id: it.id,
        name: it.name,
        handle: it.handle,
        is_self: it.is_self,
        is_bot: it.is_bot,
    }
}

fn chat(kind: wit::ChatKind) -> ChatKind {
    match kind {
        wit::ChatKind::Direct => ChatKind::Direct,
        wit::ChatKind::Group => ChatKind::Group,
        wit::ChatKind::Channel => ChatKind::Channel,
        wit::ChatKind::Thread => ChatKind::Thread,
    }
}
