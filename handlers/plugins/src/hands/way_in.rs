//! The outbox's way in, as the inbox of plugins.
//!
//! It translates and decides nothing, but that the legacy's agents are told of messages only: what was edited, deleted,
//! reacted to or voted for it takes from no channel by a method of its gateway.

use std::time::Duration;

use async_trait::async_trait;
use overgrow_handler::Effects;
use overgrow_outbox::{
    Addressed, Chat, Inbound, InboxError as Refused, OutboxError, Reception, SenderKind,
};

use super::inbox::{
    ChatKind, Event, Inbox, InboxError, Message, Presence, Receipt, Sender, Submission,
};

#[async_trait]
impl Inbox for overgrow_outbox::Inbox {
    async fn judge(&self, submission: &Submission) -> Result<Option<Receipt>, InboxError> {
        let message = match inbound(submission) {
            Ok(message) => message,
            Err(filtered) => return Ok(Some(filtered)),
        };
        let judged = overgrow_outbox::Inbox::judge(self, &message).await;
        Ok(judged.map_err(refused)?.map(receipt))
    }

    async fn submit(&self, submission: Submission) -> Result<Receipt, InboxError> {
        let message = match inbound(&submission) {
            Ok(message) => message,
            Err(filtered) => return Ok(filtered),
        };
        // Plans do not come as far as this.
        let effects = Effects::performing();
        let taken = overgrow_outbox::Inbox::submit(self, &effects, message).await;
        taken.map(receipt).map_err(refused)
    }

    async fn presence(&self, _: Presence) -> Result<(), InboxError> {
        let reason = "the legacy is not told who types".to_owned();
        Err(InboxError::Invalid(reason))
    }
}

/// The message of an event, or what becomes of one that is none.
fn inbound(submission: &Submission) -> Result<Inbound, Receipt> {
    let filtered = |what: &str| Err(Receipt::Filtered(format!("{what} are not handed on")));
    match &submission.event {
        Event::Message(message) => Ok(translated(submission, message)),
        Event::Edited(_) => filtered("edits"),
        Event::Deleted { .. } => filtered("deletions"),
        Event::Reaction(_) => filtered("reactions"),
        Event::PollVote(_) => filtered("votes"),
    }
}

fn translated(submission: &Submission, message: &Message) -> Inbound {
    Inbound {
        channel: submission.channel.to_lowercase(),
        account: message.account.clone(),
        id: message.id.clone(),
        sender: overgrow_outbox::Sender {
            id: message.sender.id.clone(),
            name: message.sender.name.clone(),
            kind: kind(&message.sender),
        },
        chat: match message.chat {
            ChatKind::Direct => Chat::Direct,
            ChatKind::Group => Chat::Group,
            ChatKind::Channel | ChatKind::Thread => Chat::Channel,
        },
        conversation: message.conversation.clone(),
        conversation_name: message.conversation_name.clone(),
        thread: message.thread.clone(),
        text: message.text.clone(),
        addressed: match message.addressed {
            true => Addressed::Yes,
            false => Addressed::No,
        },
        sent_at: message.sent_at,
        attachments: submission.attachments.clone(),
    }
}

fn kind(sender: &Sender) -> SenderKind {
    match (sender.is_self, sender.is_bot) {
        (true, _) => SenderKind::Ourselves,
        (false, true) => SenderKind::Bot,
        (false, false) => SenderKind::Person,
    }
}

fn receipt(reception: Reception) -> Receipt {
    match reception {
        Reception::Accepted(run) => Receipt::Accepted(run),
        Reception::Pairing(text) => Receipt::Pairing(text),
        Reception::Filtered(why) => Receipt::Filtered(why),
        Reception::Duplicate => Receipt::Duplicate,
    }
}

fn refused(error: Refused) -> InboxError {
    let reason = error.to_string();
    match error {
        Refused::NoChannel(_) | Refused::Turns(OutboxError::TooLarge { .. }) => {
            InboxError::Invalid(reason)
        }
        // The agent is behind: not at once.
        Refused::Turns(OutboxError::Full) => InboxError::Unavailable {
            reason,
            after: Some(Duration::from_secs(5)),
        },
        _ => InboxError::Unavailable {
            reason,
            after: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission(event: Event) -> Submission {
        Submission {
            plugin: "zalo".to_owned(),
            channel: "Zalo".to_owned(),
            key: "k".to_owned(),
            event,
            attachments: vec!["inbound/a.png".to_owned()],
        }
    }

    fn message() -> Message {
        Message {
            account: None,
            id: "m1".to_owned(),
            sender: Sender {
                id: "42".to_owned(),
                name: None,
                handle: None,
                is_self: true,
                is_bot: true,
            },
            chat: ChatKind::Group,
            conversation: "g1".to_owned(),
            conversation_name: None,
            thread: None,
            reply_to: None,
            text: "hello".to_owned(),
            addressed: false,
            sent_at: 7,
            extra: Vec::new(),
        }
    }

    #[test]
    fn a_message_is_translated_and_nothing_else_is_one() {
        let taken = inbound(&submission(Event::Message(message()))).unwrap();
        assert_eq!((&*taken.channel, taken.chat), ("zalo", Chat::Group));
        assert_eq!(taken.sender.kind, SenderKind::Ourselves);
        assert_eq!(taken.addressed, Addressed::No);
        assert_eq!(taken.attachments, ["inbound/a.png"]);
        let edited = inbound(&submission(Event::Edited(message())));
        assert!(matches!(edited, Err(Receipt::Filtered(why)) if why.starts_with("edits")));
    }

    #[test]
    fn a_refusal_says_whether_to_come_again() {
        let full = refused(Refused::Turns(OutboxError::Full));
        assert!(matches!(
            full,
            InboxError::Unavailable { after: Some(_), .. }
        ));
        let name = refused(Refused::NoChannel("../x".to_owned()));
        assert!(matches!(name, InboxError::Invalid(_)));
    }
}
