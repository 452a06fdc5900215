//! Says things where the gateway wants them said.
//!
//! The surprise: the bot can speak only where it was spoken to. A conversation that nothing was ever heard from is not
//! known, and the failure says so.

use overgrow_sdk::delivery::{Delivered, Parts};
use overgrow_sdk::host::log::Level;
use overgrow_sdk::{Failure, text};
use serde_json::Value;

use crate::outgoing::{self, Format, Message, Spot};
use crate::reference::{Recipient, Reference};
use crate::settings::Settings;
use crate::vote::{self, Poll};
use crate::world::World;
use crate::{connector, memory, share};

/// What things are said by.
#[derive(Debug)]
pub struct Voice<'a, W> {
    /// The world.
    pub world: &'a W,
    /// The operator's settings.
    pub settings: &'a Settings,
}

/// Where something is to be said.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Whom it is for.
    pub to: &'a str,
    /// Where there.
    pub spot: Spot<'a>,
}

/// A file to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// One of the media store.
    Stored {
        /// Its id there.
        id: String,
        /// What the gateway calls it.
        name: Option<String>,
        /// What the gateway says it is.
        kind: Option<String>,
    },
    /// One that the reader's client fetches itself.
    Elsewhere {
        /// Where it is.
        url: String,
        /// What it is called.
        name: Option<String>,
        /// What it is.
        kind: Option<String>,
    },
}

impl<W: World> Voice<'_, W> {
    /// Says a text, in as many messages as it takes.
    ///
    /// # Errors
    /// When the host cannot say where; what the connector says is in the delivery.
    pub fn text(
        &self,
        target: Target<'_>,
        body: &str,
        format: Format,
    ) -> Result<Delivered, Failure> {
        self.each(target, |_| Ok(self.texts(body, format)))
    }

    /// Says files, the first with the caption.
    ///
    /// # Errors
    /// As [`Self::text`]; and when a file cannot be read or shared, before anything is said.
    pub fn files(
        &self,
        target: Target<'_>,
        caption: &str,
        format: Format,
        files: &[File],
    ) -> Result<Delivered, Failure> {
        self.each(target, |reference| {
            let mut captions = self.texts(caption, format).into_iter();
            let mut messages = Vec::new();
            for file in files {
                let caption = if messages.is_empty() {
                    captions.next()
                } else {
                    None
                };
                messages.push(share::message(
                    self.world,
                    self.settings,
                    reference,
                    file,
                    caption,
                )?);
            }
            messages.extend(captions);
            Ok(messages)
        })
    }

    /// Asks a question. The poll is remembered before it is asked: a vote may be quicker than the answer.
    ///
    /// # Errors
    /// When the host cannot remember it.
    pub fn poll(
        &self,
        target: Target<'_>,
        question: &str,
        options: Vec<String>,
        most: u32,
    ) -> Result<Delivered, Failure> {
        if !(1..=vote::MOST_OPTIONS).contains(&options.len()) {
            let why = format!("a poll has from 1 to {} options", vote::MOST_OPTIONS);
            return Ok(Parts::default().failed(Failure::permanent("bad-poll", why)));
        }
        let Some(reference) = self.find(target)? else {
            return Ok(unknown(target.to));
        };
        let poll = Poll {
            id: unique(self.world),
            question: question.to_owned(),
            max_selections: vote::selections(most, options.len()),
            options,
            conversation: reference.conversation.clone(),
            seen_at: self.world.now(),
            votes: std::collections::BTreeMap::new(),
        };
        memory::remember_poll(self.world, &poll)?;
        let said = self.say(&reference, target.spot, &Message::attached(poll.card()));
        if said.is_err() {
            self.world.forget(&vote::key(&poll.id))?;
        }
        let mut delivered = Delivered::from(said);
        if let Delivered::Sent(parts) = &mut delivered {
            parts.conversation = Some(reference.conversation);
            parts.extra.push(("pollId".to_owned(), poll.id));
        }
        Ok(delivered)
    }

    /// Changes a message.
    ///
    /// # Errors
    /// When the host cannot say where.
    pub fn edit(
        &self,
        target: Target<'_>,
        id: &str,
        body: &str,
        format: Format,
    ) -> Result<Delivered, Failure> {
        self.change(target, id, |reference| {
            let mut activity = Message::text(body, format).activity(reference, Spot::default());
            activity["id"] = Value::from(id);
            connector::update(self.world, self.settings, reference, id, &activity)
        })
    }

    /// Takes a message back.
    ///
    /// # Errors
    /// When the host cannot say where.
    pub fn delete(&self, target: Target<'_>, id: &str) -> Result<Delivered, Failure> {
        self.change(target, id, |reference| {
            connector::delete(self.world, self.settings, reference, id)
        })
    }

    /// Shows that the bot is typing; Teams takes it away by itself.
    ///
    /// # Errors
    /// When the host cannot say where.
    pub fn typing(&self, target: Target<'_>) -> Result<Delivered, Failure> {
        let Some(reference) = self.find(target)? else {
            return Ok(unknown(target.to));
        };
        let activity = outgoing::typing(&reference, target.spot);
        let posted = connector::post(
            self.world,
            self.settings,
            &reference,
            target.spot,
            &activity,
        );
        Ok(posted.map(|_| String::new()).into())
    }

    /// Says one message, and remembers it as the bot's own.
    ///
    /// # Errors
    /// What the connector says.
    pub fn say(
        &self,
        reference: &Reference,
        spot: Spot<'_>,
        message: &Message,
    ) -> Result<String, Failure> {
        let activity = message.activity(reference, spot);
        let id = connector::post(self.world, self.settings, reference, spot, &activity)?;
        // It is said: that it cannot be remembered must not have it said again.
        if let Err(failure) = memory::own(self.world, &reference.conversation, &id) {
            self.world.log(
                Level::Warn,
                "a message is not remembered",
                &[("why", &failure.line())],
            );
        }
        Ok(id)
    }

    fn each(
        &self,
        target: Target<'_>,
        messages: impl FnOnce(&Reference) -> Result<Vec<Message>, Failure>,
    ) -> Result<Delivered, Failure> {
        let Some(reference) = self.find(target)? else {
            return Ok(unknown(target.to));
        };
        let messages = match messages(&reference) {
            Ok(messages) => messages,
            Err(failure) => return Ok(Parts::default().failed(failure)),
        };
        let mut delivered = Delivered::each(messages, |message| {
            self.say(&reference, target.spot, &message)
        });
        if let Delivered::Sent(parts) | Delivered::Partial(parts, ..) = &mut delivered {
            parts.conversation = Some(reference.conversation);
        }
        Ok(delivered)
    }

    fn change(
        &self,
        target: Target<'_>,
        id: &str,
        change: impl FnOnce(&Reference) -> Result<(), Failure>,
    ) -> Result<Delivered, Failure> {
        let Some(reference) = self.find(target)? else {
            return Ok(unknown(target.to));
        };
        Ok(change(&reference).map(|()| id.to_owned()).into())
    }

    fn find(&self, target: Target<'_>) -> Result<Option<Reference>, Failure> {
        match Recipient::read(target.to) {
            Some(recipient) => memory::find(self.world, &recipient),
            None => Ok(None),
        }
    }

    fn texts(&self, body: &str, format: Format) -> Vec<Message> {
        let pieces = text::chunks(body.trim(), self.settings.text_limit);
        pieces
            .into_iter()
            .map(|piece| Message::text(piece, format))
            .collect()
    }
}

/// A name that nobody can guess, as UUIDs are written.
pub fn unique(world: &impl World) -> String {
    let mut bytes = world.random(16);
    bytes.resize(16, 0);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let cut = [0..8, 8..12, 12..16, 16..20, 20..32];
    cut.map(|part| &hex[part]).join("-")
}

fn unknown(to: &str) -> Delivered {
    let why = format!(
        "no conversation reference found for {to}; the bot must receive a message from this conversation before it can \
         send proactively"
    );
    Parts::default().failed(Failure::permanent("unknown-conversation", why))
}
