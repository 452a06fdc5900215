//! Messages from the outside: who may hand them over, and that each is taken once.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::Notify;

use super::*;
use crate::bindings::overgrow::plugin::inbound::{
    ChatKind, Event, Host, Message, Reaction, Receipt, Sender,
};
use crate::hands::{self, Inbox, InboxError, Presence, Submission};

/// Takes everything but what a stranger sends.
#[derive(Default)]
struct Taking {
    taken: Mutex<Vec<Submission>>,
    away: AtomicBool,
    /// A message with the text `wait` is taken when this is told.
    go: Notify,
    came: Notify,
}

#[async_trait]
impl Inbox for Taking {
    async fn judge(&self, submission: &Submission) -> Result<Option<hands::Receipt>, InboxError> {
        let hands::Event::Message(message) = &submission.event else {
            return Ok(None);
        };
        let pairing = || hands::Receipt::Pairing(Some("code".to_owned()));
        Ok((message.sender.id == "stranger").then(pairing))
    }

    async fn submit(&self, submission: Submission) -> Result<hands::Receipt, InboxError> {
        if self.away.load(SeqCst) {
            let reason = "away".to_owned();
            return Err(InboxError::Unavailable {
                reason,
                after: None,
            });
        }
        let waits = matches!(&submission.event, hands::Event::Message(it) if it.text == "wait");
        if waits {
            self.came.notify_one();
            self.go.notified().await;
        }
        self.taken.lock().unwrap().push(submission);
        Ok(hands::Receipt::Accepted("run-1".to_owned()))
    }

    async fn presence(&self, _: Presence) -> Result<(), InboxError> {
        Ok(())
    }
}

fn bench() -> (Bench, Arc<Taking>) {
    let mut bench = Bench::new();
    let inbox = Arc::<Taking>::default();
    bench.hands.inbox = Some(Arc::clone(&inbox) as _);
    (bench, inbox)
}

fn grant() -> Grant {
    Grant {
        inbound: vec!["zalo".to_owned()],
        ..Grant::default()
    }
}

fn message(id: &str, text: &str) -> Message {
    Message {
        channel: "zalo".to_owned(),
        account: None,
        id: id.to_owned(),
        sender: sender("u1"),
        chat: ChatKind::Direct,
        conversation: "c1".to_owned(),
        conversation_name: None,
        thread: None,
        reply_to: None,
        text: text.to_owned(),
        addressed: true,
        sent_at: 1,
        extra: Vec::new(),
    }
}

fn sender(id: &str) -> Sender {
    Sender {
        id: id.to_owned(),
        name: None,
        handle: None,
        is_self: false,
        is_bot: false,
    }
}

async fn submit(state: &mut State, event: Event) -> Result<Receipt, Error> {
    Host::submit(state, event, Vec::new()).await.unwrap()
}

fn is_accepted(receipt: &Result<Receipt, Error>, run: &str) -> bool {
    matches!(receipt, Ok(Receipt::Accepted(it)) if it == run)
}

#[tokio::test]
async fn a_message_is_taken_once_also_after_a_restart_and_an_edit_is_another_event() {
    let (bench, inbox) = bench();
    let mut state = bench.state(grant());
    let first = submit(&mut state, Event::Message(message("1", "a"))).await;
    assert!(is_accepted(&first, "run-1"));
    let mut state = bench.state(grant());
    let again = submit(&mut state, Event::Message(message("1", "a"))).await;
    assert!(matches!(again, Ok(Receipt::Duplicate)));
    for (text, taken) in [("b", true), ("b", false), ("c", true)] {
        let edited = submit(&mut state, Event::Edited(message("1", text))).await;
        assert_eq!(is_accepted(&edited, "run-1"), taken, "{text}");
    }
    let other = submit(&mut state, Event::Message(message("2", "a"))).await;
    assert!(is_accepted(&other, "run-1"));
    assert_eq!(inbox.taken.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn what_was_not_taken_is_not_a_repeat() {
    let (bench, inbox) = bench();
    inbox.away.store(true, SeqCst);
    let mut state = bench.state(grant());
    let away = submit(&mut state, Event::Message(message("1", "a"))).await;
    assert!(matches!(away, Err(Error::Unavailable(_))));
    inbox.away.store(false, SeqCst);
    let taken = submit(&mut state, Event::Message(message("1", "a"))).await;
    assert!(is_accepted(&taken, "run-1"));
}

#[tokio::test]
async fn two_at_once_are_one() {
    let (bench, inbox) = bench();
    let mut one = bench.state(grant());
    let mut other = State::new(Arc::clone(&one.who), &one.ask.clone());
    let first =
        tokio::spawn(async move { submit(&mut one, Event::Message(message("1", "wait"))).await });
    inbox.came.notified().await;
    let second = submit(&mut other, Event::Message(message("1", "wait"))).await;
    assert!(matches!(second, Err(Error::Unavailable(_))), "{second:?}");
    inbox.go.notify_one();
    assert!(is_accepted(&first.await.unwrap(), "run-1"));
    let third = submit(&mut other, Event::Message(message("1", "wait"))).await;
    assert!(matches!(third, Ok(Receipt::Duplicate)));
}

#[tokio::test]
async fn a_plugin_speaks_for_its_channels_only() {
    let (bench, inbox) = bench();
    let mut state = bench.state(grant());
    let foreign = Message {
        channel: "teams".to_owned(),
        ..message("1", "a")
    };
    let refused = submit(&mut state, Event::Message(foreign)).await;
    assert!(denial(refused).ends_with("inbound = [\"teams\"]"));
    let typing = Host::presence(&mut state, "teams".into(), "c".into(), "u".into(), true).await;
    assert!(denial(typing.unwrap()).ends_with("inbound = [\"teams\"]"));
    let reaction = || {
        Event::Reaction(Reaction {
            conversation: "c1".to_owned(),
            message_id: "1".to_owned(),
            sender: sender("u1"),
            emoji: "+".to_owned(),
            removed: false,
        })
    };
    assert!(is_accepted(&submit(&mut state, reaction()).await, "run-1"));
    assert_eq!(inbox.taken.lock().unwrap()[0].channel, "zalo");
    let mut two = grant();
    two.inbound.push("zalouser".to_owned());
    let unclear = submit(&mut bench.state(two), reaction()).await;
    assert!(matches!(unclear, Err(Error::Invalid(_))));
    let bad = vec!["../x".to_owned()];
    let attached = Host::submit(&mut state, reaction(), bad).await.unwrap();
    assert!(matches!(attached, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_plan_checks_for_real_and_hands_nothing_over() {
    let (bench, inbox) = bench();
    let mut state = bench.state(grant());
    submit(&mut state, Event::Message(message("1", "a")))
        .await
        .unwrap();
    let (mut state, plan) = bench.planning(grant());
    let repeat = submit(&mut state, Event::Message(message("1", "a"))).await;
    assert!(matches!(repeat, Ok(Receipt::Duplicate)));
    let stranger = Message {
        sender: sender("stranger"),
        ..message("2", "a")
    };
    let paired = submit(&mut state, Event::Message(stranger)).await;
    assert!(matches!(paired, Ok(Receipt::Pairing(Some(_)))));
    for _ in 0..2 {
        let planned = submit(&mut state, Event::Message(message("3", "hello"))).await;
        assert!(is_accepted(&planned, "planned"));
    }
    let effects = plan.take();
    assert_eq!(lines(&effects), ["inbound submit zalo"; 2]);
    assert_eq!(
        effects[0].detail["event"]["message"]["text"],
        json!("hello")
    );
    assert_eq!(inbox.taken.lock().unwrap().len(), 1);
}
