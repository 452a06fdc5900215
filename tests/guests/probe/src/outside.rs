//! What it can be told to send: requests to the outside, messages to the gateway.

use overgrow_sdk::host::http::{self, Body, Credential, Redirects, Request, Response};
use overgrow_sdk::host::inbound::{self, ChatKind, Event, Message, Reaction, Receipt, Sender};
use overgrow_sdk::host::types::Error;
use overgrow_sdk::host::{media, secrets};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{answer, bytes, done, failed};
use crate::state::info;

/// `{"do": "fetch", "url": …}`
#[derive(Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Fetch {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    /// Id of a file to send.
    file: Option<String>,
    /// Name of a secret, and `bearer`, `basic:USER`, `header:NAME`, `url:MARKER` or `body:MARKER`.
    secret: Option<(String, String)>,
    /// `manual`, `allowed-hosts`; the same host when absent.
    redirects: Option<String>,
    timeout: Option<u64>,
    max_response: Option<u64>,
    idempotency_key: Option<String>,
    /// Read the body in pieces of so many bytes.
    pieces: Option<u32>,
    /// Have the host save the body.
    save: bool,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            method: "GET".into(),
            url: String::new(),
            headers: Vec::new(),
            body: None,
            file: None,
            secret: None,
            redirects: None,
            timeout: None,
            max_response: None,
            idempotency_key: None,
            pieces: None,
            save: false,
        }
    }
}

impl Fetch {
    pub(crate) fn run(self) -> Value {
        match self.send() {
            Ok(response) => self.report(&response),
            Err(error) => failed(error),
        }
    }

    fn send(&self) -> Result<Response, Error> {
        let opened = self.secret.as_ref().map(|(name, _)| secrets::open(name));
        let secret = opened.transpose()?;
        let file = self.file.as_deref().map(media::open).transpose()?;
        let body = match (&self.body, &file) {
            (_, Some(file)) => Body::Blob(file),
            (Some(text), None) => Body::Bytes(text.clone().into_bytes()),
            (None, None) => Body::None,
        };
        let place = self.secret.as_ref().map_or("", |(_, place)| place);
        http::send(&Request {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body,
            credentials: secret
                .iter()
                .map(|secret| credential(secret, place))
                .collect(),
            redirects: match self.redirects.as_deref() {
                Some("manual") => Redirects::Manual,
                Some("allowed-hosts") => Redirects::AllowedHosts,
                _ => Redirects::SameHost,
            },
            timeout: self.timeout,
            max_response: self.max_response,
            idempotency_key: self.idempotency_key.clone(),
        })
    }

    fn report(&self, response: &Response) -> Value {
        let head = response.head();
        let body = if self.save {
            answer(response.save(None, None).map(|blob| info(&blob)))
        } else if let Some(max) = self.pieces {
            answer(pieces(response, max))
        } else {
            answer(response.body().map(bytes))
        };
        json!({
            "status": head.status, "headers": head.headers, "retryAfter": head.retry_after, "body": body,
        })
    }
}

fn pieces(response: &Response, max: u32) -> Result<Vec<usize>, Error> {
    let mut sizes = Vec::new();
    while let Some(piece) = response.read(max)? {
        sizes.push(piece.len());
    }
    Ok(sizes)
}

fn credential<'a>(secret: &'a secrets::Secret, place: &str) -> Credential<'a> {
    let (word, name) = place.split_once(':').unwrap_or((place, ""));
    match word {
        "basic" => Credential::Basic((name.into(), secret)),
        "header" => Credential::Header((name.into(), secret)),
        "url" => Credential::InUrl((name.into(), secret)),
        "body" => Credential::InBody((name.into(), secret)),
        _ => Credential::Bearer(secret),
    }
}

/// `{"do": "inbound", "op": "message", "channel": …}`
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum Inbound {
    Message {
        channel: String,
        id: String,
        sender: String,
        text: String,
        #[serde(default)]
        group: bool,
        #[serde(default)]
        edited: bool,
        #[serde(default)]
        attachments: Vec<String>,
    },
    Deleted {
        conversation: String,
        id: String,
    },
    Reaction {
        conversation: String,
        id: String,
        sender: String,
        emoji: String,
    },
    Presence {
        channel: String,
        conversation: String,
        sender: String,
    },
}

impl Inbound {
    pub(crate) fn run(self) -> Value {
        match self {
            Self::Presence {
                channel,
                conversation,
                sender,
            } => done(inbound::presence(&channel, &conversation, &sender, true)),
            Self::Deleted { conversation, id } => submit(&Event::Deleted((conversation, id)), &[]),
            Self::Reaction {
                conversation,
                id: message_id,
                sender,
                emoji,
            } => {
                let reaction = Reaction {
                    conversation,
                    message_id,
                    sender: person(sender),
                    emoji,
                    removed: false,
                };
                submit(&Event::Reaction(reaction), &[])
            }
            Self::Message {
                channel,
                id,
                sender,
                text,
                group,
                edited,
                attachments,
            } => {
                let message = message(channel, id, sender, text, group);
                let event = match edited {
                    true => Event::Edited(message),
                    false => Event::Message(message),
                };
                submit(&event, &attachments)
            }
        }
    }
}

fn message(channel: String, id: String, sender: String, text: String, group: bool) -> Message {
    Message {
        channel,
        account: None,
        id,
        chat: if group {
            ChatKind::Group
        } else {
            ChatKind::Direct
        },
        conversation: sender.clone(),
        sender: person(sender),
        conversation_name: None,
        thread: None,
        reply_to: None,
        text,
        addressed: true,
        sent_at: overgrow_sdk::host::env::now(),
        extra: Vec::new(),
    }
}

fn person(id: String) -> Sender {
    Sender {
        id,
        name: None,
        handle: None,
        is_self: false,
        is_bot: false,
    }
}

fn submit(event: &Event, attachments: &[String]) -> Value {
    answer(
        inbound::submit(event, attachments).map(|receipt| match receipt {
            Receipt::Accepted(run) => json!({ "accepted": run }),
            Receipt::Pairing(text) => json!({ "pairing": text }),
            Receipt::Filtered(why) => json!({ "filtered": why }),
            Receipt::Duplicate => json!("duplicate"),
        }),
    )
}
