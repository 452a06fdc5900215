//! Hands an update to the gateway: the picture into the media store, the message into the inbox, and to a stranger the
//! words of the pairing.
//!
//! The surprise: a picture that cannot be fetched is left out and the message goes on without it, as with the legacy.

use std::time::Duration;

use overgrow_sdk::host::http::Redirects;
use overgrow_sdk::host::inbound::{self, ChatKind, Event, Message, Receipt, Sender};
use overgrow_sdk::{Failure, debug, error, http, info, kv};
use serde_json::Value;

use crate::CHANNEL;
use crate::api::Bot;
use crate::settings::{Account, Settings};
use crate::update::{self, Chat, Incoming, What};

/// What stands for a picture without words.
const PICTURE: &str = "<media:image>";

/// How long a delivered message is remembered, so that its picture is not fetched again when the provider repeats it.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Delivers an update once, however often it comes.
///
/// # Errors
/// What the gateway says. An update that makes no sense is logged and forgotten.
pub(crate) fn deliver(
    settings: &Settings,
    account: &Account,
    update: Value,
) -> Result<(), Failure> {
    let incoming = match update::read(update) {
        Ok(Some(incoming)) => incoming,
        Ok(None) => return Ok(()),
        Err(why) => {
            error!(
                "an update makes no sense",
                account = account.name,
                why = why
            );
            return Ok(());
        }
    };
    let key = format!("seen/{}/{}", account.name, incoming.id);
    if remembers(&key)? {
        debug!("a repeat", account = account.name, id = incoming.id);
        return Ok(());
    }
    submit(settings, account, incoming)?;
    remember(&key)
}

/// A plugin without state leaves it to the gateway, which drops a repeat as well.
fn remembers(key: &str) -> Result<bool, Failure> {
    match kv::get::<u8>(key) {
        Err(failure) if failure.code == "denied" => Ok(false),
        found => Ok(found?.is_some()),
    }
}

fn remember(key: &str) -> Result<(), Failure> {
    match kv::set_for(key, &1, REMEMBERED) {
        Err(failure) if failure.code == "denied" => Ok(()),
        done => done,
    }
}

fn submit(settings: &Settings, account: &Account, incoming: Incoming) -> Result<(), Failure> {
    let chat = incoming.chat.clone();
    let (text, files) = match &incoming.what {
        What::Other(kind) => {
            info!(
                "received what is not passed on",
                account = account.name,
                kind = kind,
                from = incoming.sender
            );
            return Ok(());
        }
        What::Text(text) => (text.trim().to_owned(), Vec::new()),
        What::Picture { url, caption } => picture(account, url.as_deref(), caption.as_deref()),
    };
    if text.is_empty() && matches!(incoming.what, What::Text(_)) {
        return Ok(());
    }
    let receipt = inbound::submit(&Event::Message(message(account, incoming, text)), &files)?;
    match receipt {
        Receipt::Pairing(Some(words)) => pair(settings, account, &chat, &words),
        Receipt::Filtered(why) => debug!(
            "the gateway takes no message",
            account = account.name,
            why = why
        ),
        Receipt::Accepted(_) | Receipt::Duplicate | Receipt::Pairing(None) => {}
    }
    Ok(())
}

/// What a picture says, and the stored file of it.
fn picture(account: &Account, url: Option<&str>, caption: Option<&str>) -> (String, Vec<String>) {
    let file = url.and_then(|url| match fetch(url, account.media_max) {
        Ok(id) => Some(id),
        Err(failure) => {
            error!(
                "a picture cannot be fetched",
                account = account.name,
                why = failure.line()
            );
            None
        }
    });
    let caption = caption.unwrap_or_default().trim();
    let text = match (caption.is_empty(), &file) {
        (true, Some(_)) => PICTURE,
        _ => caption,
    };
    (text.to_owned(), file.into_iter().collect())
}

fn fetch(url: &str, max: u64) -> Result<String, Failure> {
    let request = http::get(url)
        .max_response(max)
        .redirects(Redirects::AllowedHosts);
    let answer = request.send()?.ok()?;
    let kind = answer.header("Content-Type").map(str::to_owned);
    Ok(answer.save(kind.as_deref(), None)?.info().id)
}

/// The gateway is told that every message is for it: in groups the legacy does not ask for a mention either.
fn message(account: &Account, incoming: Incoming, text: String) -> Message {
    Message {
        channel: CHANNEL.into(),
        account: Some(account.name.clone()),
        id: incoming.id,
        sender: Sender {
            id: incoming.sender,
            name: incoming.sender_name,
            handle: None,
            is_self: false,
            is_bot: false,
        },
        chat: match incoming.kind {
            Chat::Private => ChatKind::Direct,
            Chat::Group => ChatKind::Group,
        },
        conversation: incoming.chat,
        conversation_name: None,
        thread: None,
        reply_to: None,
        text,
        addressed: true,
        sent_at: incoming
            .sent_at
            .unwrap_or_else(overgrow_sdk::host::env::now),
        extra: Vec::new(),
    }
}

/// A stranger is told once; when that fails the next message does not try again, so it is only logged.
fn pair(settings: &Settings, account: &Account, chat: &str, words: &str) {
    let told = Bot::open(settings, account).and_then(|bot| bot.send_message(chat, words));
    if let Err(failure) = told {
        error!(
            "a stranger cannot be told how to pair",
            account = account.name,
            why = failure.line()
        );
    }
}
