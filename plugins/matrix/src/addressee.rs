//! The room that a target means, and whether anything may be said there.
//!
//! The surprise: a user whom the bot shares no room of two with is not found. A larger room in which both happen to be
//! is no place for what was meant for one.

use serde_json::{Value, json};

use crate::client::{Ask, Client};
use crate::names::{self, Target};
use crate::trouble::{Cause, Trouble};
use crate::world::World;

/// How long the room of a user is remembered, ms.
const REMEMBERED: u64 = 600_000;
/// How many rooms are looked through for a user or a name, each with a request.
const ROOMS: usize = 50;
/// How many users a search gives, as the gateway asks.
const FOUND: usize = 5;

impl<W: World> Client<'_, W> {
    /// The room that a target means.
    ///
    /// # Errors
    /// `Refused` when it means none, and what the homeserver says.
    pub fn room(&self, to: &str) -> Result<String, Trouble> {
        let target = Target::parse(to);
        match target.ok_or_else(|| Trouble::refused("the target is no room, alias or user"))? {
            Target::Room(id) => Ok(id),
            Target::Alias(alias) => {
                let room = self.behind(&alias)?;
                room.ok_or_else(|| Trouble::refused(format!("{alias} leads to no room")))
            }
            Target::User(user) => self.direct_room(&user),
        }
    }

    /// The same, when it may be written to in clear.
    ///
    /// # Errors
    /// `Refused` when it is encrypted, and as [`Self::room`].
    pub fn clear_room(&self, to: &str) -> Result<String, Trouble> {
        let room = self.room(to)?;
        match self.is_encrypted(&room)? {
            true => Err(Trouble::refused(
                "the room is encrypted, which the plugin cannot do",
            )),
            false => Ok(room),
        }
    }

    fn direct_room(&self, user: &str) -> Result<String, Trouble> {
        let key = format!("direct/{user}");
        let kept = self
            .world
            .recall(&key)?
            .and_then(|room| String::from_utf8(room).ok());
        if let Some(room) = kept {
            return Ok(room);
        }
        let listed = self
            .direct_chats()?
            .remove(user)
            .and_then(|rooms| rooms.into_iter().next());
        let found = match listed {
            Some(room) => Some(room),
            None => self.room_of_two(user)?,
        };
        let room = found
            .ok_or_else(|| Trouble::refused(format!("there is no direct chat with {user}")))?;
        self.world.keep(&key, room.as_bytes(), Some(REMEMBERED))?;
        Ok(room)
    }

    fn room_of_two(&self, user: &str) -> Result<Option<String>, Trouble> {
        for room in self.joined_rooms()? {
            let members = self.members(&room)?;
            if members.count == Some(2) && members.has(user) {
                return Ok(Some(room));
            }
        }
        Ok(None)
    }

    fn joined_rooms(&self) -> Result<Vec<String>, Trouble> {
        let answer = self.get("listing rooms", "/_matrix/client/v3/joined_rooms".into())?;
        let rooms = answer["joined_rooms"].as_array().into_iter().flatten();
        let rooms = rooms.filter_map(|room| names::id(room.as_str()?, '!'));
        Ok(rooms.take(ROOMS).collect())
    }

    /// Targets for what a person wrote, each with what it is called.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn resolve(&self, query: &str) -> Result<Vec<(String, String)>, Trouble> {
        match Target::parse(query) {
            Some(Target::Room(id)) => Ok(vec![(format!("room:{id}"), id)]),
            Some(Target::User(id)) => Ok(vec![(format!("user:{id}"), id)]),
            Some(Target::Alias(alias)) => {
                let room = self.behind(&alias)?;
                Ok(room
                    .map(|id| (format!("room:{id}"), alias))
                    .into_iter()
                    .collect())
            }
            None => self.search(query.trim().trim_start_matches(['@', '#'])),
        }
    }

    fn search(&self, words: &str) -> Result<Vec<(String, String)>, Trouble> {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.users_like(words)?;
        for room in self.joined_rooms()? {
            let name = self.state(&room, "m.room.name", "").ok().flatten();
            let name = name.and_then(|state| Some(state.get("name")?.as_str()?.to_owned()));
            let like = name.filter(|name| name.to_lowercase().contains(&words.to_lowercase()));
            found.extend(like.map(|name| (format!("room:{room}"), name)));
        }
        Ok(found)
    }

    fn users_like(&self, words: &str) -> Result<Vec<(String, String)>, Trouble> {
        let path = "/_matrix/client/v3/user_directory/search".into();
        let body = json!({"search_term": words, "limit": FOUND});
        let answer = match self.ask(Ask::new("searching users", "POST", path).with(body)) {
            Err(trouble) if matches!(trouble.cause, Cause::Refused | Cause::Absent) => json!({}),
            answer => answer?,
        };
        let users = answer["results"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(found);
        Ok(users.take(FOUND).collect())
    }
}

fn found(result: &Value) -> Option<(String, String)> {
    let id = names::user(result.get("user_id")?.as_str()?)?;
    let name = result
        .get("display_name")
        .and_then(Value::as_str)
        .map(str::trim);
    let name = name
        .filter(|name| !name.is_empty())
        .unwrap_or(&id)
        .to_owned();
    Some((format!("user:{id}"), name))
}

/// Reactions of one user among relations that a homeserver lists.
pub fn own_reactions(answer: &Value, own: &str) -> Vec<String> {
    let events = answer["chunk"].as_array().into_iter().flatten();
    let own = events.filter(|event| event.get("sender").is_some_and(|sender| sender == own));
    own.filter_map(|event| names::id(event.get("event_id")?.as_str()?, '$'))
        .collect()
}
