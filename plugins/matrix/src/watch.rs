//! The service: it asks what is new, hands on what was said, accepts invitations, and asks again.
//!
//! The surprise: an answer is worked through over several calls if need be, and only then is it kept where to go on; so
//! what the gateway could not take is there again, also after a crash.

use std::collections::{BTreeSet, VecDeque};

use overgrow_sdk::host::log::Level;
use overgrow_sdk::host::types::RetryAdvice;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::{Ask, Client};
use crate::event::Event;
use crate::hearing::{self, Hearing, Outcome};
use crate::names;
use crate::rooms::Rooms;
use crate::session::Session;
use crate::settings::{Join, Settings};
use crate::sync::{self, Batch, Invite, Width};
use crate::trouble::{Cause, Trouble};
use crate::world::{Body, Key, Request, World};

/// Where it is kept how far everything was heard.
const KEY: &str = "since";
/// How long the homeserver may keep a question, ms: what clients ask for.
const POLL: u64 = 30_000;
/// What is left of a call when nothing more is begun in it, ms.
const RESERVE: u64 = 3_000;
/// Largest answer, bytes.
const ANSWER: u64 = 16 * 1024 * 1024;
/// How many events of a room an answer may hold, after the first.
const EVENTS: u32 = 100;
/// How many invitations are accepted between two questions, so that a flood of them delays nobody's message.
const JOINS: usize = 5;
/// How many invitations wait.
const WAITING: usize = 200;
/// First wait after trouble and the longest, ms.
const BACKOFF: (u64, u64) = (1_000, 300_000);

/// The service's state.
pub struct Watch {
    settings: Settings,
    patterns: Vec<Regex>,
    started: u64,
    session: Option<Session>,
    rooms: Rooms,
    work: Option<Work>,
    invites: VecDeque<Invite>,
    /// Rooms that were joined and not heard of since: what was said in them before is more than is handed out.
    joined: BTreeSet<String>,
    width: Width,
    failures: u32,
    taken: u64,
    trouble: Option<String>,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next step, after so many ms.
    After(u64),
    /// Nothing, until an operator changes something.
    Never,
}

/// An answer that is being worked through.
struct Work {
    reached: Reached,
    events: VecDeque<(String, Event)>,
}

/// How far everything was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reached {
    homeserver: String,
    user: String,
    next: String,
    /// When it began, Unix ms: what is older was never meant for the bot.
    first: u64,
}

impl Watch {
    /// A service that begins now, Unix ms.
    pub fn new(settings: Settings, now: u64) -> Self {
        Self {
            patterns: hearing::patterns(&settings),
            settings,
            started: now,
            session: None,
            rooms: Rooms::default(),
            work: None,
            invites: VecDeque::new(),
            joined: BTreeSet::new(),
            width: Width::Events(EVENTS),
            failures: 0,
            taken: 0,
            trouble: None,
        }
    }

    /// Tells the operator what in the settings is of no use here.
    pub fn introduce<W: World>(&self, world: &W) {
        for name in self.settings.rooms.unknown_names() {
            let text = "a room can be named by its id or an alias only, this one is left out";
            world.log(Level::Warn, text, &[("name", name)]);
        }
    }

    /// One step. `deadline` is when the host gives up on it, Unix ms.
    pub fn tick<W: World>(&mut self, world: &W, deadline: u64) -> Next {
        match self.step(world, deadline) {
            Ok(()) => {
                self.failures = 0;
                self.trouble = None;
                Next::After(0)
            }
            Err(trouble) => self.stumble(world, trouble),
        }
    }

    /// How it is.
    ///
    /// # Errors
    /// What is wrong.
    pub fn health(&self) -> Result<String, String> {
        match &self.trouble {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(format!("listening, {} messages taken", self.taken)),
        }
    }

    fn step<W: World>(&mut self, world: &W, deadline: u64) -> Result<(), Trouble> {
        let settings = self.settings.clone();
        let mut client = match self.session.take() {
            Some(session) => Client::with(world, &settings, session),
            None => Client::open(world, &settings)?,
        };
        client.deadline = deadline;
        let done = self.advance(&client);
        self.session = Some(client.into_session());
        done
    }

    fn advance<W: World>(&mut self, client: &Client<'_, W>) -> Result<(), Trouble> {
        let own = client.user()?;
        if self.work.is_none() {
            self.work = Some(self.look(client, &own)?);
        }
        self.accept(client);
        self.hear(client, &own)
    }

    /// Asks what is new.
    fn look<W: World>(&mut self, client: &Client<'_, W>, own: &str) -> Result<Work, Trouble> {
        let reached = self.reached(client, own)?;
        let request = self.question(client, reached.as_ref());
        let answer = client.exchange("asking what is new", request)?;
        let batch = Batch::read(&answer, own);
        let batch = batch.ok_or_else(|| Trouble::new(Cause::Away, "an answer without an end"))?;
        self.width = Width::Events(EVENTS);
        self.note(client, &batch, reached.is_some())?;
        let reached = Reached {
            homeserver: self.settings.homeserver.clone(),
            user: own.to_owned(),
            first: reached.map_or(self.started, |reached| reached.first),
            next: batch.next,
        };
        let events = batch.rooms.into_iter().flat_map(|room| {
            room.events
                .into_iter()
                .map(move |event| (room.id.clone(), event))
        });
        Ok(Work {
            reached,
            events: events.collect(),
        })
    }

    fn reached<W: World>(
        &self,
        client: &Client<'_, W>,
        own: &str,
    ) -> Result<Option<Reached>, Trouble> {
        let kept = client.world.recall(KEY)?;
        let reached = kept.and_then(|text| serde_json::from_slice::<Reached>(&text).ok());
        Ok(reached.filter(|reached| {
            reached.homeserver == self.settings.homeserver && reached.user == own
        }))
    }

    fn question<W: World>(&self, client: &Client<'_, W>, reached: Option<&Reached>) -> Request {
        let left = client.deadline.saturating_sub(client.world.now());
        let wait = POLL.min(left.saturating_sub(RESERVE));
        let (since, wait, width) = match (reached, self.width) {
            (None, Width::Events(_)) => (None, 0, Width::Events(self.settings.first_limit)),
            (None, width) => (None, 0, width),
            (Some(reached), width) => (Some(reached.next.as_str()), wait, width),
        };
        Request {
            method: "GET",
            url: format!(
                "{}/_matrix/client/v3/sync{}",
                self.settings.homeserver,
                sync::query(since, wait, width)
            ),
            body: Body::None,
            key: Key::None,
            timeout: client.patience(wait + POLL),
            most: ANSWER,
        }
    }

    /// Takes note of all that is not a message.
    fn note<W: World>(
        &mut self,
        client: &Client<'_, W>,
        batch: &Batch,
        again: bool,
    ) -> Result<(), Trouble> {
        if let Some(direct) = &batch.direct {
            self.rooms.direct_are(direct);
        }
        for room in &batch.rooms {
            if room.encrypted {
                self.rooms.encrypted(client, &room.id)?;
            }
            let old = !self.joined.remove(&room.id);
            if room.gap && again && old {
                let text = "more was said in a room than the homeserver hands out at once, the oldest of it is not heard";
                client.world.log(Level::Warn, text, &[("room", &room.id)]);
            }
        }
        for invite in &batch.invites {
            if self.invites.len() < WAITING && !self.invites.contains(invite) {
                self.invites.push_back(invite.clone());
            }
        }
        Ok(())
    }

    /// Hands on what was said, as long as there is time, and keeps how far that is when all of it is.
    fn hear<W: World>(&mut self, client: &Client<'_, W>, own: &str) -> Result<(), Trouble> {
        let Some(work) = &mut self.work else {
            return Ok(());
        };
        let catch_up = u64::try_from(self.settings.catch_up.as_millis()).unwrap_or(u64::MAX);
        let mut hearing = Hearing {
            client,
            rooms: &mut self.rooms,
            own,
            oldest: work
                .reached
                .first
                .max(self.started.saturating_sub(catch_up)),
            patterns: &self.patterns,
        };
        while let Some((room, event)) = work.events.front() {
            if client.world.now() + RESERVE > client.deadline {
                return Ok(());
            }
            match hearing.hear(room, event) {
                Ok(Outcome::Taken) => self.taken += 1,
                Ok(Outcome::Dropped(why)) => {
                    client
                        .world
                        .log(Level::Debug, "not heard", &[("room", room), ("why", why)]);
                }
                Err(trouble) if passing(&trouble) => return Err(trouble),
                Err(trouble) => {
                    let fields = [
                        ("room", room.as_str()),
                        ("event", &event.id),
                        ("why", &trouble.message),
                    ];
                    client
                        .world
                        .log(Level::Error, "a message could not be handed on", &fields);
                }
            }
            work.events.pop_front();
        }
        let text = serde_json::to_vec(&work.reached)
            .map_err(|error| Trouble::refused(error.to_string()))?;
        client.world.keep(KEY, &text, None)?;
        self.work = None;
        Ok(())
    }

    /// Accepts invitations. One that fails is not tried again, but for a limit or a server that is away.
    fn accept<W: World>(&mut self, client: &Client<'_, W>) {
        for _ in 0..JOINS {
            let Some(invite) = self.invites.pop_front() else {
                return;
            };
            match join(client, &invite) {
                Ok(true) => {
                    client
                        .world
                        .log(Level::Info, "joined a room", &[("room", &invite.room)]);
                    self.joined.insert(invite.room);
                }
                Ok(false) => client.world.log(
                    Level::Info,
                    "an invitation is left open",
                    &[("room", &invite.room)],
                ),
                Err(trouble) => {
                    let fields = [("room", invite.room.as_str()), ("why", &trouble.message)];
                    client
                        .world
                        .log(Level::Warn, "could not join a room", &fields);
                    if passing(&trouble) {
                        self.invites.push_back(invite);
                        return;
                    }
                }
            }
        }
    }

    fn stumble<W: World>(&mut self, world: &W, trouble: Trouble) -> Next {
        self.trouble = Some(trouble.message.clone());
        self.failures += 1;
        let wait = match (trouble.cause, trouble.advice()) {
            (Cause::Barred, _) => {
                world.log(
                    Level::Error,
                    "stopped listening",
                    &[("why", &trouble.message)],
                );
                return Next::Never;
            }
            (Cause::Large, _) if self.width != Width::Narrow => {
                self.width = Width::Narrow;
                0
            }
            (_, RetryAdvice::After(wait)) => wait,
            _ => (BACKOFF.0 << (self.failures - 1).min(20)).min(BACKOFF.1),
        };
        let fields = [
            ("why", trouble.message.as_str()),
            ("again_ms", &wait.to_string()),
        ];
        world.log(Level::Warn, "trouble with the homeserver", &fields);
        Next::After(wait)
    }
}

/// Whether another try may help. A room that cannot be looked into is no reason to stop hearing the others.
fn passing(trouble: &Trouble) -> bool {
    matches!(trouble.cause, Cause::Token(_) | Cause::Barred)
        || !matches!(trouble.advice(), RetryAdvice::Never)
}

/// Accepts an invitation, if the operator wants that.
fn join<W: World>(client: &Client<'_, W>, invite: &Invite) -> Result<bool, Trouble> {
    let wanted = match &client.settings.join {
        Join::Off => false,
        Join::Always => true,
        Join::Listed(list) => listed(client, list, &invite.room)?,
    };
    if wanted {
        let path = format!("/_matrix/client/v3/join/{}", names::segment(&invite.room));
        client.ask(Ask::new("joining a room", "POST", path).with(json!({})))?;
    }
    Ok(wanted)
}

/// Whether a list names a room: by its id, by an alias that leads to it, or by `*`.
fn listed<W: World>(client: &Client<'_, W>, list: &[String], room: &str) -> Result<bool, Trouble> {
    for entry in list {
        let entry = names::bare(entry, &["matrix:", "room:", "channel:"]);
        let found = match entry.starts_with('#') {
            true => client.behind(entry)?.as_deref() == Some(room),
            false => entry == "*" || entry == room,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
