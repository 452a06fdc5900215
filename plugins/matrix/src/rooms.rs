//! What the plugin knows of rooms: who is in them, what they are called, which aliases lead to them.
//!
//! It lives as long as the service does. The surprise: whether a room is a direct chat is taken from the bot's own list
//! and from how many are in it, never from what a sender's own membership says.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use overgrow_sdk::host::log::Level;
use serde_json::Value;

use crate::client::{Ask, Client};
use crate::names;
use crate::sync;
use crate::trouble::{Cause, Trouble};
use crate::world::World;

/// How long members of a room are remembered, ms: as long as the gateway does.
const MEMBERS: u64 = 30_000;
/// How long names and aliases are remembered, ms.
const NAMES: u64 = 600_000;
/// How many rooms are remembered.
const MOST: usize = 1000;

/// Rooms, as far as they were asked for.
#[derive(Debug, Default)]
pub struct Rooms {
    direct: Option<BTreeSet<String>>,
    members: HashMap<String, Aged<Members>>,
    names: HashMap<String, Aged<Option<String>>>,
    aliases: Option<Aged<Vec<(String, String)>>>,
    encrypted: BTreeSet<String>,
}

/// Who is in a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// How many; `None` when there are more than could be counted.
    pub count: Option<usize>,
    names: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Aged<T> {
    value: T,
    at: u64,
}

impl Rooms {
    /// Takes note of the bot's own list of direct chats.
    pub fn direct_are(&mut self, by_user: &BTreeMap<String, Vec<String>>) {
        self.direct = Some(by_user.values().flatten().cloned().collect());
    }

    /// Whether a room is a direct chat.
    ///
    /// # Errors
    /// What the homeserver says, when it may say otherwise later.
    pub fn is_direct<W: World>(
        &mut self,
        client: &Client<'_, W>,
        room: &str,
    ) -> Result<bool, Trouble> {
        if self.direct.is_none() {
            let list = client.direct_chats()?;
            self.direct_are(&list);
        }
        let listed = self
            .direct
            .as_ref()
            .is_some_and(|direct| direct.contains(room));
        Ok(listed || self.members(client, room)?.count == Some(2))
    }

    /// Who is in a room.
    ///
    /// # Errors
    /// What the homeserver says, when it may say otherwise later.
    pub fn members<W: World>(
        &mut self,
        client: &Client<'_, W>,
        room: &str,
    ) -> Result<&Members, Trouble> {
        let now = client.world.now();
        if !fresh(self.members.get(room), now, MEMBERS) {
            let value = client.members(room)?;
            remember(&mut self.members, room, Aged { value, at: now });
        }
        Ok(self
            .members
            .get(room)
            .map_or(const { &Members::none() }, |aged| &aged.value))
    }

    /// What a room is called; `None` when it is not, or nobody would say.
    pub fn name<W: World>(&mut self, client: &Client<'_, W>, room: &str) -> Option<String> {
        let now = client.world.now();
        if !fresh(self.names.get(room), now, NAMES) {
            let state = client.state(room, "m.room.name", "").ok().flatten();
            let name = state.and_then(|state| Some(state.get("name")?.as_str()?.trim().to_owned()));
            let value = name.filter(|name| !name.is_empty());
            remember(&mut self.names, room, Aged { value, at: now });
        }
        self.names.get(room).and_then(|aged| aged.value.clone())
    }

    /// The aliases of the settings, each with the room that it leads to.
    ///
    /// # Errors
    /// What the homeserver says, when it may say otherwise later.
    pub fn aliases<W: World>(
        &mut self,
        client: &Client<'_, W>,
    ) -> Result<&[(String, String)], Trouble> {
        let now = client.world.now();
        if !fresh(self.aliases.as_ref(), now, NAMES) {
            let value = aliases(client)?;
            self.aliases = Some(Aged { value, at: now });
        }
        Ok(self.aliases.as_ref().map_or(&[], |aged| &aged.value))
    }

    /// Takes note that a room is encrypted: it is reported once, and never again written to.
    ///
    /// # Errors
    /// When the host cannot keep it.
    pub fn encrypted<W: World>(
        &mut self,
        client: &Client<'_, W>,
        room: &str,
    ) -> Result<(), Trouble> {
        if self.encrypted.contains(room) {
            return Ok(());
        }
        if note_encrypted(client.world, room)? {
            let text = "an encrypted room: it is neither read nor answered";
            client.world.log(Level::Warn, text, &[("room", room)]);
        }
        self.encrypted.insert(room.to_owned());
        Ok(())
    }
}

impl Members {
    const fn none() -> Self {
        Self {
            count: None,
            names: BTreeMap::new(),
        }
    }

    /// What a user calls themselves.
    pub fn name(&self, user: &str) -> Option<&str> {
        self.names.get(user).map(String::as_str)
    }

    /// Whether a user is in.
    pub fn has(&self, user: &str) -> bool {
        self.names.contains_key(user)
    }
}

/// Takes note that a room is encrypted; whether that is new.
///
/// # Errors
/// When the host cannot keep it.
pub fn note_encrypted<W: World>(world: &W, room: &str) -> Result<bool, Trouble> {
    let key = encrypted_key(room);
    let new = world.recall(&key)?.is_none();
    if new {
        world.keep(&key, b"1", None)?;
    }
    Ok(new)
}

/// Where it is kept that a room is encrypted; encryption is never turned off.
pub fn encrypted_key(room: &str) -> String {
    format!("encrypted/{room}")
}

impl<W: World> Client<'_, W> {
    /// The bot's own list of direct chats, by user.
    ///
    /// # Errors
    /// What the homeserver says, but for that there is none.
    pub fn direct_chats(&self) -> Result<BTreeMap<String, Vec<String>>, Trouble> {
        let user = names::segment(&self.user()?);
        let path = format!("/_matrix/client/v3/user/{user}/account_data/m.direct");
        match self.get("listing direct chats", path) {
            Err(trouble) if trouble.cause == Cause::Absent => Ok(BTreeMap::new()),
            answer => Ok(sync::rooms_by_user(&answer?)),
        }
    }

    /// Who is in a room. Nobody is known of one that is too large, or that the bot may not look into.
    ///
    /// # Errors
    /// What the homeserver says, when it may say otherwise later.
    pub fn members(&self, room: &str) -> Result<Members, Trouble> {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/joined_members",
            names::segment(room)
        );
        match self.get("listing a room's members", path) {
            Err(trouble)
                if matches!(trouble.cause, Cause::Refused | Cause::Absent | Cause::Large) =>
            {
                Ok(Members::none())
            }
            answer => Ok(members(&answer?)),
        }
    }

    /// Whether a room is encrypted. The homeserver is asked each time until it is, so that nothing is sent in clear
    /// where it should not be.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn is_encrypted(&self, room: &str) -> Result<bool, Trouble> {
        if self.world.recall(&encrypted_key(room))?.is_some() {
            return Ok(true);
        }
        let encrypted = self.state(room, "m.room.encryption", "")?.is_some();
        if encrypted {
            note_encrypted(self.world, room)?;
        }
        Ok(encrypted)
    }

    /// The room that an alias leads to; `None` when it leads nowhere.
    ///
    /// # Errors
    /// What the homeserver says, when it may say otherwise later.
    pub fn behind(&self, alias: &str) -> Result<Option<String>, Trouble> {
        let path = format!(
            "/_matrix/client/v3/directory/room/{}",
            names::segment(alias)
        );
        match self.ask(Ask::new("looking an alias up", "GET", path)) {
            Err(trouble) if matches!(trouble.cause, Cause::Absent | Cause::Refused) => Ok(None),
            answer => Ok(answer?["room_id"]
                .as_str()
                .and_then(|id| names::id(id, '!'))),
        }
    }
}

fn members(answer: &Value) -> Members {
    let joined = answer.get("joined").and_then(Value::as_object);
    let name = |member: &Value| {
        member
            .get("display_name")
            .and_then(Value::as_str)
            .map(str::trim)
            .unwrap_or_default()
            .to_owned()
    };
    Members {
        count: joined.map(serde_json::Map::len),
        names: joined
            .into_iter()
            .flatten()
            .map(|(user, member)| (user.clone(), name(member)))
            .collect(),
    }
}

fn aliases<W: World>(client: &Client<'_, W>) -> Result<Vec<(String, String)>, Trouble> {
    let mut found = Vec::new();
    for alias in client.settings.rooms.aliases() {
        if let Some(room) = client.behind(alias)? {
            found.push((alias.to_owned(), room));
        }
    }
    Ok(found)
}

fn fresh<T>(aged: Option<&Aged<T>>, now: u64, age: u64) -> bool {
    aged.is_some_and(|aged| now.saturating_sub(aged.at) < age)
}

/// Forgets all when there is no place: what is needed is asked for again.
fn remember<T>(map: &mut HashMap<String, Aged<T>>, room: &str, value: Aged<T>) {
    if map.len() >= MOST {
        map.clear();
    }
    map.insert(room.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::Double;
    use crate::session;
    use crate::settings::Settings;
    use serde_json::json;

    const DIRECT: &str = "GET /_matrix/client/v3/user/%40bot%3Ahs.example/account_data/m.direct";

    fn settings() -> Settings {
        Settings::parse(r##"{"homeserver":"https://hs.example","userId":"@bot:hs.example","groups":{"#ops:b":{},"#gone:b":{}}}"##).expect("settings")
    }

    fn world() -> Double {
        let world = Double::new();
        world.secret(session::GIVEN, "t");
        world
    }

    fn inhabit(world: &Double, room: &str, users: &[&str]) {
        let joined: serde_json::Map<String, Value> = users
            .iter()
            .map(|user| ((*user).to_owned(), json!({"display_name": "Somebody"})))
            .collect();
        world.answer(
            &format!(
                "GET /_matrix/client/v3/rooms/{}/joined_members",
                names::segment(room)
            ),
            200,
            json!({"joined": joined}),
        );
    }

    #[test]
    fn a_room_of_two_is_a_direct_chat() {
        let (world, settings) = (world(), settings());
        world.answer(DIRECT, 404, json!({"errcode": "M_NOT_FOUND"}));
        inhabit(&world, "!two:b", &["@a:b", "@bot:hs.example"]);
        inhabit(&world, "!three:b", &["@a:b", "@c:d", "@bot:hs.example"]);
        let client = Client::open(&world, &settings).expect("a client");
        let mut rooms = Rooms::default();
        assert_eq!(rooms.is_direct(&client, "!two:b"), Ok(true));
        assert_eq!(rooms.is_direct(&client, "!three:b"), Ok(false));
        assert_eq!(rooms.is_direct(&client, "!two:b"), Ok(true));
        assert_eq!(world.asked().len(), 3);
        world.pass(MEMBERS);
        assert_eq!(rooms.is_direct(&client, "!two:b"), Ok(true));
        assert_eq!(world.asked().len(), 4);
    }

    #[test]
    fn a_listed_room_is_one_without_a_look() {
        let (world, settings) = (world(), settings());
        world.answer(DIRECT, 200, json!({"@a:b": ["!dm:b"]}));
        let client = Client::open(&world, &settings).expect("a client");
        assert_eq!(Rooms::default().is_direct(&client, "!dm:b"), Ok(true));
        assert_eq!(world.asked(), [DIRECT]);
    }

    #[test]
    fn a_room_that_cannot_be_looked_into_is_none() {
        let (world, settings) = (world(), settings());
        world.answer(DIRECT, 200, json!({}));
        world.answer(
            "GET /_matrix/client/v3/rooms/%21x%3Ab/joined_members",
            403,
            json!({"errcode": "M_FORBIDDEN"}),
        );
        let client = Client::open(&world, &settings).expect("a client");
        assert_eq!(Rooms::default().is_direct(&client, "!x:b"), Ok(false));
    }

    #[test]
    fn aliases_are_what_the_directory_says() {
        let (world, settings) = (world(), settings());
        world.answer(
            "GET /_matrix/client/v3/directory/room/%23ops%3Ab",
            200,
            json!({"room_id": "!ops:b", "servers": ["b"]}),
        );
        world.answer(
            "GET /_matrix/client/v3/directory/room/%23gone%3Ab",
            404,
            json!({"errcode": "M_NOT_FOUND", "error": "Room alias not found."}),
        );
        let client = Client::open(&world, &settings).expect("a client");
        let mut rooms = Rooms::default();
        assert_eq!(
            rooms.aliases(&client).expect("aliases"),
            [("#ops:b".to_owned(), "!ops:b".to_owned())]
        );
        rooms.aliases(&client).expect("aliases");
        assert_eq!(world.asked().len(), 2);
    }

    #[test]
    fn an_encrypted_room_is_reported_once_for_all_time() {
        let (world, settings) = (world(), settings());
        let client = Client::open(&world, &settings).expect("a client");
        for _ in 0..2 {
            let mut rooms = Rooms::default();
            rooms.encrypted(&client, "!e:b").expect("noted");
            rooms.encrypted(&client, "!e:b").expect("noted");
        }
        assert_eq!(world.lines().len(), 1);
    }
}
