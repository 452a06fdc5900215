//! Messages from the outside world for the gateway.
//!
//! Here are the checks: the channel was granted, the event did not come before, the inbox would take it. The surprise: an
//! event is marked as seen after it was taken, not before, so that a crash in between makes it come twice to the inbox,
//! under one key, rather than never.

mod event;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use overgrow_handler::{Effect, Effects};
use overgrow_keep::{Put, Quota, Space, When};
use overgrow_store::{MediaId, Shelf};
use serde_json::{Value, json};

use super::{State, answer};
use crate::bindings::overgrow::plugin::inbound::{Error, Event, Host, Receipt};
use crate::hands::{Inbox, InboxError, Presence, Submission};
use crate::who::Who;

/// How long an event is remembered, milliseconds: providers repeat what they got no answer to for a day or two.
const REMEMBERED: u64 = 3 * 24 * 60 * 60 * 1000;

/// Attachments of one event; messengers send albums of ten.
const ATTACHMENTS: usize = 50;

/// Events of one plugin that are remembered: three days of twenty a minute. What is above is handed over unmarked, and
/// the gateway's own memory must do.
const SEEN: Quota = Quota {
    bytes: 16 * 1024 * 1024,
    keys: 100_000,
};

impl Host for State {
    async fn submit(
        &mut self,
        event: Event,
        attachments: Vec<String>,
    ) -> wasmtime::Result<Result<Receipt, Error>> {
        Ok(self.submit_event(event, attachments).await)
    }

    async fn presence(
        &mut self,
        channel: String,
        conversation: String,
        sender_id: String,
        typing: bool,
    ) -> wasmtime::Result<Result<(), Error>> {
        let presence = Presence {
            plugin: self.who.name.clone(),
            channel,
            conversation,
            sender_id,
            typing,
        };
        Ok(self.tell_presence(presence).await)
    }
}

impl State {
    async fn submit_event(
        &mut self,
        event: Event,
        attachments: Vec<String>,
    ) -> Result<Receipt, Error> {
        check_attachments(&attachments)?;
        let submission = self.submission(event, attachments)?;
        let inbox = self.inbox()?;
        if self.is_seen(&submission).await? {
            return Ok(Receipt::Duplicate);
        }
        let judged = inbox.judge(&submission).await.map_err(refused)?;
        if let Some(receipt) = judged {
            return Ok(event::receipt(receipt));
        }
        let effects = self.ask.effects.clone();
        let effect = self.inbound_effect(&submission);
        let planned = Receipt::Accepted("planned".to_owned());
        let who = Arc::clone(&self.who);
        let perform = || hand_over(&who, &*inbox, submission);
        effects.run(effect, planned, perform).await
    }

    async fn tell_presence(&mut self, presence: Presence) -> Result<(), Error> {
        self.who.speaks_for(&presence.channel)?;
        let inbox = self.inbox()?;
        let effects = self.ask.effects.clone();
        let target = format!("presence {}", presence.channel);
        let detail = serde_json::to_value(&presence).unwrap_or_default();
        let effect = Effect::new("inbound", target).detail(detail);
        let perform = || async { inbox.presence(presence).await.map_err(refused) };
        effects.run(effect, (), perform).await
    }

    fn submission(&self, event: Event, attachments: Vec<String>) -> Result<Submission, Error> {
        let channel = match event::channel(&event) {
            Some(channel) => channel.to_owned(),
            None => self.who.only_channel()?,
        };
        self.who.speaks_for(&channel)?;
        let event = event::plain(event);
        Ok(Submission {
            key: event::key(&channel, &event, &self.ask.id),
            plugin: self.who.name.clone(),
            channel,
            event,
            attachments,
        })
    }

    fn inbound_effect(&self, submission: &Submission) -> Effect {
        let event = serde_json::to_value(&submission.event).unwrap_or(Value::Null);
        let detail = json!({ "event": event, "attachments": submission.attachments });
        let target = format!("submit {}", submission.channel);
        Effect::new("inbound", target).detail(self.shown(&detail))
    }

    async fn is_seen(&mut self, submission: &Submission) -> Result<bool, Error> {
        let Some(space) = self.who.seen() else {
            return Ok(false);
        };
        let found = space.get(&submission.key).await.map_err(answer::kept)?;
        Ok(found.is_some() && event::is_told_once(&submission.event))
    }

    fn inbox(&self) -> Result<Arc<dyn Inbox>, Error> {
        let inbox = self.who.hands.inbox.clone();
        inbox.ok_or_else(|| answer::absent("an inbox"))
    }
}

impl Who {
    fn speaks_for(&self, channel: &str) -> Result<(), Error> {
        match self.grant.inbound.iter().any(|granted| granted == channel) {
            true => Ok(()),
            false => Err(self.denied("inbound", &format!("inbound = [{channel:?}]"))),
        }
    }

    /// For events that do not say their channel.
    fn only_channel(&self) -> Result<String, Error> {
        match self.grant.inbound.as_slice() {
            [] => Err(self.denied("inbound", "inbound = [\"..\"]")),
            [only] => Ok(only.clone()),
            _ => Err(answer::invalid(
                "which of the granted channels is meant cannot be told",
            )),
        }
    }

    /// What was handed over before.
    fn seen(&self) -> Option<Space> {
        let keep = self.hands.keep.as_ref()?;
        Some(keep.space(format!("inbound/{}", self.name), SEEN))
    }
}

async fn hand_over(who: &Who, inbox: &dyn Inbox, submission: Submission) -> Result<Receipt, Error> {
    who.paces
        .inbound
        .pass()
        .map_err(|wait| Error::RateLimited(wait.map(millis)))?;
    let key = submission.key.clone();
    let _underway = Underway::begin(&who.submitting, &key)?;
    let receipt = inbox.submit(submission).await.map_err(refused)?;
    remember(who, &key).await;
    Ok(event::receipt(receipt))
}

/// Best effort: without it a repeat comes to the inbox under the same key.
async fn remember(who: &Who, key: &str) {
    let Some(mut space) = who.seen() else { return };
    let put = Put {
        key: key.to_owned(),
        value: Vec::new(),
        when: When::Always,
        ttl: Some(REMEMBERED),
    };
    if let Err(error) = space.set(&Effects::performing(), put).await {
        tracing::warn!(plugin = %who.name, %error, "a message was not marked as seen");
    }
}

/// An event on its way to the inbox: another one of the same key is told to come later.
struct Underway<'a> {
    keys: &'a Mutex<HashSet<String>>,
    key: &'a str,
}

impl<'a> Underway<'a> {
    fn begin(keys: &'a Mutex<HashSet<String>>, key: &'a str) -> Result<Self, Error> {
        let mut held = keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.insert(key.to_owned()) {
            let text = "the same message is on its way already".to_owned();
            return Err(Error::Unavailable(text));
        }
        Ok(Self { keys, key })
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let mut held = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(self.key);
    }
}

fn check_attachments(ids: &[String]) -> Result<(), Error> {
    if ids.len() > ATTACHMENTS {
        return Err(answer::invalid(format!(
            "more than {ATTACHMENTS} attachments"
        )));
    }
    let is_id = |id: &String| Shelf::of_key(id).is_some_and(|(_, it)| MediaId::parse(it).is_ok());
    match ids.iter().all(is_id) {
        true => Ok(()),
        false => Err(answer::invalid(
            "an attachment is the id of a file in the media store",
        )),
    }
}

fn refused(error: InboxError) -> Error {
    match error {
        InboxError::Invalid(text) => Error::Invalid(text),
        InboxError::Unavailable {
            after: Some(after), ..
        } => Error::RateLimited(Some(millis(after))),
        InboxError::Unavailable { reason, .. } => Error::Unavailable(reason),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
