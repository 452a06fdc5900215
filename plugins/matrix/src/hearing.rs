//! One event of a room, on its way to the gateway.
//!
//! It must not look at other events. The surprise: an event may come again after trouble in the middle of a batch; the
//! gateway knows its id, so that nothing is said twice.

use overgrow_sdk::host::inbound::{self, ChatKind, Message, Receipt, Sender};
use overgrow_sdk::host::log::Level;
use regex_lite::{Regex, RegexBuilder};
use serde_json::json;

use crate::client::{Ask, Client};
use crate::event::{Event, Ignored, Said};
use crate::names;
use crate::policy::{Place, Standing, Verdict};
use crate::rooms::Rooms;
use crate::settings::{DirectPolicy, Room, Settings, Threads};
use crate::trouble::Trouble;
use crate::world::World;

/// The channel for which the plugin speaks.
pub const CHANNEL: &str = "matrix";

/// What there is to hear with.
pub struct Hearing<'a, W> {
    /// The homeserver.
    pub client: &'a Client<'a, W>,
    /// What is known of rooms.
    pub rooms: &'a mut Rooms,
    /// The bot's own id.
    pub own: &'a str,
    /// Nothing that was sent before this is heard, Unix ms.
    pub oldest: u64,
    /// What addresses the bot, beside its id.
    pub patterns: &'a [Regex],
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway has it.
    Taken,
    /// It is not for the gateway; why, in a word or two.
    Dropped(&'static str),
}

/// What was decided about a message that is heard.
struct Heard<'r> {
    said: Said,
    direct: bool,
    standing: Standing,
    mentioned: bool,
    room: Option<&'r Room>,
    /// The alias under which its settings stand.
    alias: Option<&'r str>,
}

/// Expressions that address the bot; those that are none are left out, as the gateway does.
pub fn patterns(settings: &Settings) -> Vec<Regex> {
    let build = |pattern: &String| {
        RegexBuilder::new(pattern)
            .case_insensitive(true)
            .build()
            .ok()
    };
    settings.mentions.iter().filter_map(build).collect()
}

impl<W: World> Hearing<'_, W> {
    /// Hands an event on, if it is for the gateway.
    ///
    /// # Errors
    /// What may be different when it is heard again.
    pub fn hear(&mut self, room: &str, event: &Event) -> Result<Outcome, Trouble> {
        if event.sender == self.own {
            return Ok(Outcome::Dropped("the bot's own"));
        }
        let said = match event.said() {
            Ok(said) => said,
            Err(Ignored::Encrypted) => {
                self.rooms.encrypted(self.client, room)?;
                return Ok(Outcome::Dropped("encrypted"));
            }
            Err(_) => return Ok(Outcome::Dropped("says nothing new")),
        };
        if event.sent_at < self.oldest {
            return Ok(Outcome::Dropped("too old"));
        }
        self.judge(room, event, said)
    }

    fn judge(&mut self, room: &str, event: &Event, said: Said) -> Result<Outcome, Trouble> {
        let settings = self.client.settings;
        let direct = self.rooms.is_direct(self.client, room)?;
        let found = match direct {
            true => None,
            false => settings.rooms.find(room, self.rooms.aliases(self.client)?),
        };
        let named = found.map(|(_, room)| room);
        let place = Place {
            id: room,
            own: self.own,
        };
        let verdict = match direct {
            true => settings.direct.judge(self.own, &event.sender),
            false => settings.rooms.judge(place, named, &event.sender),
        };
        let standing = match verdict {
            Verdict::Dropped(why) => return Ok(Outcome::Dropped(why)),
            Verdict::Heard(standing) => standing,
        };
        let mentioned = said.mentions.name(self.own)
            || self
                .patterns
                .iter()
                .any(|pattern| pattern.is_match(&said.text));
        let needed = !direct && named.is_none_or(Room::needs_mention);
        if needed && !mentioned {
            return Ok(Outcome::Dropped("addresses somebody else"));
        }
        let heard = Heard {
            said,
            direct,
            standing,
            mentioned,
            alias: found
                .map(|(name, _)| name)
                .filter(|name| name.starts_with('#')),
            room: named,
        };
        self.hand_on(room, event, heard)
    }

    fn hand_on(&mut self, room: &str, event: &Event, heard: Heard<'_>) -> Result<Outcome, Trouble> {
        let files = self.files(&heard.said);
        let message = self.message(room, event, &heard, !files.is_empty())?;
        if message.text.is_empty() {
            return Ok(Outcome::Dropped("a file that could not be had"));
        }
        match self
            .client
            .world
            .submit(&inbound::Event::Message(message), &files)?
        {
            Receipt::Accepted(_) => {
                self.acknowledge(room, event);
                Ok(Outcome::Taken)
            }
            Receipt::Duplicate => Ok(Outcome::Dropped("heard before")),
            Receipt::Filtered(why) => {
                self.client
                    .world
                    .log(Level::Debug, "not taken", &[("room", room), ("why", &why)]);
                Ok(Outcome::Dropped("filtered"))
            }
            Receipt::Pairing(text) => {
                let wanted =
                    heard.direct && self.client.settings.direct.policy == DirectPolicy::Pairing;
                if let Some(text) = text.filter(|_| wanted) {
                    self.show_code(room, event, &text)?;
                }
                Ok(Outcome::Dropped("not paired"))
            }
        }
    }

    /// The file of a message, in the media store. Without it the words are still worth hearing.
    fn files(&self, said: &Said) -> Vec<String> {
        let taken = said.file.as_ref().map(|file| self.client.download(file));
        match taken {
            Some(Ok(id)) => vec![id],
            Some(Err(trouble)) => {
                self.client.world.log(
                    Level::Warn,
                    "a file could not be had",
                    &[("why", &trouble.message)],
                );
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn message(
        &mut self,
        room: &str,
        event: &Event,
        heard: &Heard<'_>,
        filed: bool,
    ) -> Result<Message, Trouble> {
        let name = self
            .rooms
            .members(self.client, room)?
            .name(&event.sender)
            .map(str::to_owned);
        let placeholder = if filed { "[matrix media]" } else { "" };
        let words = Some(heard.said.text.as_str()).filter(|text| !text.is_empty());
        Ok(Message {
            channel: CHANNEL.into(),
            account: None,
            id: event.id.clone(),
            sender: Sender {
                name: name.filter(|name| !name.is_empty()),
                handle: Some(names::local(&event.sender).to_owned()),
                id: event.sender.clone(),
                is_self: false,
                is_bot: false,
            },
            chat: if heard.direct {
                ChatKind::Direct
            } else {
                ChatKind::Channel
            },
            conversation: room.to_owned(),
            conversation_name: self.name(room, heard),
            thread: thread(
                self.client.settings.threads,
                &event.id,
                heard.said.thread.as_deref(),
            ),
            reply_to: heard.said.reply_to.clone(),
            text: words.unwrap_or(placeholder).to_owned(),
            // A room that needs no mention addresses the bot with whatever is said in it.
            addressed: true,
            sent_at: event.sent_at,
            extra: extra(room, event, heard),
        })
    }

    /// What the room is called: as the operator's settings have it, so that the gateway finds them as well.
    fn name(&mut self, room: &str, heard: &Heard<'_>) -> Option<String> {
        match (heard.direct, heard.alias) {
            (true, _) => None,
            (false, Some(alias)) => Some(alias.to_owned()),
            (false, None) => self.rooms.name(self.client, room),
        }
    }

    /// Shows the sender that the message was read; nobody waits for it.
    fn acknowledge(&self, room: &str, event: &Event) {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/receipt/m.read/{}",
            names::segment(room),
            names::segment(&event.id)
        );
        let ask = Ask::new("marking a message as read", "POST", path).with(json!({}));
        if let Err(trouble) = self.client.ask(ask) {
            self.client.world.log(
                Level::Debug,
                "no read receipt",
                &[("why", &trouble.message)],
            );
        }
    }

    fn show_code(&self, room: &str, event: &Event, text: &str) -> Result<(), Trouble> {
        if self.client.is_encrypted(room)? {
            return Ok(());
        }
        let content = crate::content::text(text, None);
        let transaction = format!("pairing.{}", event.id);
        let ask = Ask::event(
            "showing a code",
            room,
            "m.room.message",
            &transaction,
            content,
        );
        self.client.ask(ask).map(drop)
    }
}

/// Where an answer belongs.
fn thread(threads: Threads, id: &str, root: Option<&str>) -> Option<String> {
    let root = root.filter(|root| *root != id);
    match threads {
        Threads::Off => None,
        Threads::Inbound => root.map(str::to_owned),
        Threads::Always => Some(root.unwrap_or(id).to_owned()),
    }
}

fn extra(room: &str, event: &Event, heard: &Heard<'_>) -> Vec<(String, String)> {
    let standing = match heard.standing {
        Standing::Allowed => "allowed",
        Standing::Unknown => "unknown",
    };
    let prompt = heard
        .room
        .and_then(|room| room.system_prompt.as_deref())
        .map(str::trim)
        .filter(|prompt| !prompt.is_empty());
    let skills = heard
        .room
        .map(|room| room.skills.join(","))
        .filter(|skills| !skills.is_empty());
    let always = [
        ("standing", standing.to_owned()),
        ("mentioned", heard.mentioned.to_string()),
        (
            "context",
            format!("[matrix event id: {} room: {room}]", event.id),
        ),
    ];
    let more = [
        ("system-prompt", prompt.map(str::to_owned)),
        ("skills", skills),
    ];
    let more = more
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    always
        .into_iter()
        .chain(more)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
