//! Saying something in a room.
//!
//! The surprise: each event has a transaction id made of the call's id, its place and what it says, so that a call that
//! is tried again says nothing twice, and the rest of a message that is sent by itself is not taken for a repetition.

use overgrow_sdk::delivery::{Delivered, Parts};
use overgrow_sdk::host::types::Failure;
use overgrow_sdk::text::{chunks, units};
use serde_json::{Value, json};

use crate::bindings::exports::overgrow::plugin::channel::{
    Attachment, MediaKind, Poll, Target, Text, TextFormat,
};
use crate::client::{Ask, Client};
use crate::content::{self, File, Relation, Voice};
use crate::trouble::{Cause, Trouble};
use crate::world::{Body, Key, Request, Saved, Stored, World};
use crate::{addressee, chunk, names, poll, sanitize};

/// How long a file that was uploaded is remembered, ms, so that a repeated call does not upload it again.
const UPLOADED: u64 = 3_600_000;
/// How long others are shown that the bot types, ms: as long as the gateway says.
const TYPING: u64 = 30_000;
/// How many reactions are looked through for the bot's own.
const REACTIONS: u32 = 200;

/// One call that says something.
pub struct Speaker<'a, W> {
    /// The homeserver.
    pub client: Client<'a, W>,
    /// The same for each try of the same work.
    pub call: String,
}

/// An event on its way: its type, its content, and what makes it the same event when it is sent again.
struct Outgoing {
    kind: &'static str,
    content: Value,
    seed: String,
}

impl Outgoing {
    fn message(content: Value) -> Self {
        let seed = content.to_string();
        Self {
            kind: "m.room.message",
            content,
            seed,
        }
    }
}

impl<W: World> Speaker<'_, W> {
    /// Sends a text, in as many messages as it takes.
    pub fn text(&self, target: &Target, text: &Text) -> Delivered {
        let relation = Relation::of(target.thread.as_deref(), target.reply_to.as_deref());
        let contents = texts(text, self.client.settings.text_limit, relation.as_ref());
        if contents.is_empty() {
            return failed(Trouble::refused("there is nothing to say"));
        }
        match self.client.clear_room(&target.to) {
            Ok(room) => self.all(
                &room,
                contents
                    .into_iter()
                    .map(|content| Ok(Outgoing::message(content))),
            ),
            Err(trouble) => failed(trouble),
        }
    }

    /// Sends files, the first with the caption.
    pub fn media(
        &self,
        target: &Target,
        caption: Option<&Text>,
        files: &[Attachment],
    ) -> Delivered {
        let relation = Relation::of(target.thread.as_deref(), target.reply_to.as_deref());
        let limit = self.client.settings.text_limit;
        let mut words = caption
            .map(|text| chunk::split(&plain(text), limit))
            .unwrap_or_default();
        let spoken = files
            .first()
            .is_some_and(|file| file.kind == MediaKind::Voice);
        let first = (!spoken && !words.is_empty()).then(|| words.remove(0));
        let room = match self.client.clear_room(&target.to) {
            Ok(room) => room,
            Err(trouble) => return failed(trouble),
        };
        let sent = files.iter().enumerate().map(|(at, file)| {
            let caption = first.as_deref().filter(|_| at == 0);
            self.file(file, at, caption, relation.as_ref())
        });
        // What stands behind a file answers nothing by itself, but it belongs to the thread.
        let behind = relation
            .clone()
            .filter(|relation| matches!(relation, Relation::Thread(..)));
        let rest = words
            .iter()
            .map(|text| Ok(Outgoing::message(content::text(text, behind.as_ref()))));
        self.all(&room, sent.chain(rest))
    }

    /// Asks a question.
    pub fn poll(&self, target: &Target, asked: &Poll) -> Delivered {
        let relation = Relation::of(target.thread.as_deref(), None);
        let kind = self.client.settings.poll;
        let Some((kind, content)) =
            poll::write(kind, &asked.question, &asked.options, asked.max_choices)
        else {
            return failed(Trouble::refused("a poll needs a question and options"));
        };
        let content = content::related(content, relation.as_ref());
        match self.client.clear_room(&target.to) {
            Ok(room) => self.all(
                &room,
                [Ok(Outgoing {
                    kind,
                    seed: content.to_string(),
                    content,
                })]
                .into_iter(),
            ),
            Err(trouble) => failed(trouble),
        }
    }

    /// Changes what was said.
    pub fn edit(&self, target: &Target, event: &str, text: &Text) -> Delivered {
        let mut contents = texts(text, self.client.settings.text_limit, None);
        let (Some(new), true) = (contents.pop(), contents.is_empty()) else {
            return failed(Trouble::refused(
                "an edit is one message, neither empty nor too long",
            ));
        };
        match self.client.clear_room(&target.to) {
            Ok(room) => self.all(
                &room,
                [Ok(Outgoing::message(content::edit(event, &new)))].into_iter(),
            ),
            Err(trouble) => failed(trouble),
        }
    }

    /// Takes an event back.
    pub fn delete(&self, target: &Target, event: &str) -> Delivered {
        let room = self.client.room(&target.to);
        let done = room.and_then(|room| self.redact(&room, event));
        Delivered::from(done.map_err(Failure::from))
    }

    /// Reacts to an event; without an emoji the bot's reactions are taken back.
    pub fn react(&self, target: &Target, event: &str, emoji: &str) -> Delivered {
        let emoji = emoji.trim();
        let done = match emoji.is_empty() {
            true => self.unreact(target, event),
            false => self.add_reaction(target, event, emoji),
        };
        Delivered::from(done.map_err(Failure::from))
    }

    /// Shows that the bot types, or that it does not any more.
    pub fn typing(&self, target: &Target, on: bool) -> Delivered {
        let shown = self.client.room(&target.to).and_then(|room| {
            let (room, user) = (names::segment(&room), names::segment(&self.client.user()?));
            let path = format!("/_matrix/client/v3/rooms/{room}/typing/{user}");
            let body = match on {
                true => json!({"typing": true, "timeout": TYPING}),
                false => json!({"typing": false}),
            };
            self.client.ask(Ask::new("typing", "PUT", path).with(body))
        });
        match shown {
            Ok(_) => Delivered::Sent(Parts::default()),
            Err(trouble) => failed(trouble),
        }
    }

    /// Sends events one by one; the first that fails ends it.
    fn all(
        &self,
        room: &str,
        events: impl Iterator<Item = Result<Outgoing, Trouble>>,
    ) -> Delivered {
        let sent = Delivered::each(events.enumerate(), |(at, event)| {
            event
                .and_then(|event| self.send(room, at, event))
                .map_err(Failure::from)
        });
        let placed = |parts| Parts {
            conversation: Some(room.to_owned()),
            ..parts
        };
        match sent {
            Delivered::Sent(parts) => Delivered::Sent(placed(parts)),
            Delivered::Partial(parts, retry, why) => Delivered::Partial(placed(parts), retry, why),
            other => other,
        }
    }

    fn send(&self, room: &str, at: usize, event: Outgoing) -> Result<String, Trouble> {
        let transaction = self.transaction(at, &event.seed);
        let ask = Ask::event(
            "sending a message",
            room,
            event.kind,
            &transaction,
            event.content,
        );
        Ok(event_id(&self.client.ask(ask)?))
    }

    fn transaction(&self, at: usize, seed: &str) -> String {
        format!("{}.{at}.{:016x}", self.call, fingerprint(seed))
    }

    fn file(
        &self,
        file: &Attachment,
        at: usize,
        caption: Option<&str>,
        relation: Option<&Relation>,
    ) -> Result<Outgoing, Trouble> {
        let (id, stored) = self.stored(file)?;
        let content_type = file
            .content_type
            .clone()
            .or_else(|| stored.content_type.clone());
        let name = file.filename.clone().or_else(|| stored.name.clone());
        let uri = self.uploaded(&id, at, content_type.as_deref(), name.as_deref())?;
        let spoken = file.kind == MediaKind::Voice;
        let body = match spoken {
            true => "Voice message",
            false => caption.or(name.as_deref()).unwrap_or("(file)"),
        };
        let msgtype = msgtype(file.kind);
        let sent = File {
            msgtype,
            body,
            uri: &uri,
            name: name.as_deref(),
            content_type: content_type.as_deref(),
            size: stored.size,
            pixels: (msgtype == "m.image")
                .then(|| pixels(&stored.head))
                .flatten(),
            duration: file.duration,
            voice: if spoken { Voice::Yes } else { Voice::No },
        };
        // The place of a file is another one after each upload, and makes no other event.
        let seed = format!("{msgtype} {id} {body}");
        Ok(Outgoing {
            kind: "m.room.message",
            content: sent.content(relation),
            seed,
        })
    }

    /// The file in the media store; one that is elsewhere is fetched first.
    fn stored(&self, file: &Attachment) -> Result<(String, Stored), Trouble> {
        let id = match (&file.media_id, &file.url) {
            (Some(id), _) => id.clone(),
            (None, Some(url)) => self.fetch(url, file)?,
            (None, None) => return Err(Trouble::refused("an attachment without a file")),
        };
        let stored = self.client.world.file(&id)?;
        match stored.size > self.client.settings.media_limit {
            true => Err(Trouble::new(
                Cause::Large,
                "the file is larger than mediaMaxMb",
            )),
            false => Ok((id, stored)),
        }
    }

    fn fetch(&self, url: &str, file: &Attachment) -> Result<String, Trouble> {
        let request = Request {
            method: "GET",
            url: url.to_owned(),
            body: Body::None,
            key: Key::None,
            timeout: self.client.patience(TYPING),
            most: self.client.settings.media_limit,
        };
        let saved = self.client.world.save(
            &request,
            file.content_type.as_deref(),
            file.filename.as_deref(),
        )?;
        match saved {
            Saved::File(id) => Ok(id),
            Saved::Not(reply) => Err(Trouble::answered(
                "fetching a file",
                reply.status,
                reply.wait,
                &[],
            )),
        }
    }

    fn uploaded(
        &self,
        id: &str,
        at: usize,
        content_type: Option<&str>,
        name: Option<&str>,
    ) -> Result<String, Trouble> {
        let key = format!("uploaded/{}.{at}.{:016x}", self.call, fingerprint(id));
        let kept = self
            .client
            .world
            .recall(&key)?
            .and_then(|uri| String::from_utf8(uri).ok());
        if let Some(uri) = kept {
            return Ok(uri);
        }
        let uri =
            self.client
                .upload(id, content_type.unwrap_or("application/octet-stream"), name)?;
        self.client
            .world
            .keep(&key, uri.as_bytes(), Some(UPLOADED))?;
        Ok(uri)
    }

    fn add_reaction(&self, target: &Target, event: &str, emoji: &str) -> Result<String, Trouble> {
        let room = self.client.clear_room(&target.to)?;
        let content = content::reaction(event, emoji);
        let reaction = Outgoing {
            kind: "m.reaction",
            seed: content.to_string(),
            content,
        };
        match self.send(&room, 0, reaction) {
            Err(trouble) if trouble.cause == Cause::Already => Ok(event.to_owned()),
            sent => sent,
        }
    }

    fn unreact(&self, target: &Target, event: &str) -> Result<String, Trouble> {
        let room = self.client.room(&target.to)?;
        let own = self.client.user()?;
        let path = format!(
            "/_matrix/client/v1/rooms/{}/relations/{}/m.annotation/m.reaction?dir=b&limit={REACTIONS}",
            names::segment(&room),
            names::segment(event)
        );
        let answer = self.client.get("listing reactions", path)?;
        let taken = addressee::own_reactions(&answer, &own)
            .into_iter()
            .map(|id| self.redact(&room, &id));
        Ok(taken
            .collect::<Result<Vec<_>, _>>()?
            .pop()
            .unwrap_or_else(|| event.to_owned()))
    }

    fn redact(&self, room: &str, event: &str) -> Result<String, Trouble> {
        let transaction = self.transaction(0, event);
        let answer = self.client.ask(Ask::redaction(room, event, &transaction))?;
        Ok(event_id(&answer))
    }
}

/// Contents of the messages that a text takes.
fn texts(text: &Text, limit: usize, relation: Option<&Relation>) -> Vec<Value> {
    match text.format {
        TextFormat::Markdown => chunk::split(&text.body, limit)
            .iter()
            .map(|text| content::text(text, relation))
            .collect(),
        TextFormat::Plain => chunks(text.body.trim(), limit)
            .iter()
            .map(|text| content::plain(text, relation))
            .collect(),
        TextFormat::Html => {
            let plain = sanitize::plain(&text.body);
            match units(&plain) <= limit && units(&text.body) <= 2 * limit {
                true if plain.is_empty() => Vec::new(),
                true => vec![content::html(&text.body, relation)],
                // Tags cannot be cut, words can.
                false => chunks(&plain, limit)
                    .iter()
                    .map(|text| content::plain(text, relation))
                    .collect(),
            }
        }
    }
}

fn plain(text: &Text) -> String {
    match text.format {
        TextFormat::Html => sanitize::plain(&text.body),
        _ => text.body.clone(),
    }
}

fn msgtype(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image | MediaKind::Sticker => "m.image",
        MediaKind::Audio | MediaKind::Voice => "m.audio",
        MediaKind::Video => "m.video",
        MediaKind::Document => "m.file",
    }
}

fn pixels(head: &[u8]) -> Option<(usize, usize)> {
    let size = imagesize::blob_size(head).ok()?;
    Some((size.width, size.height))
}

/// The event that was made; the gateway's own word for one that nobody names, as in a plan.
fn event_id(answer: &Value) -> String {
    let id = answer["event_id"]
        .as_str()
        .and_then(|id| names::id(id, '$'));
    id.unwrap_or_else(|| "unknown".into())
}

fn failed(trouble: Trouble) -> Delivered {
    Parts::default().failed(trouble.into())
}

/// FNV-1a, 64 bits: tells the parts of one call apart, nothing more.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
