//! Who may speak to the agent, where.
//!
//! It must not ask anybody. The surprise: names that people choose for themselves prove nothing, so senders are known
//! by their ids, and by the local part of an id only when it is of the homeserver's own users.

use crate::names;
use crate::settings::{Direct, DirectPolicy, Room, RoomPolicy, Rooms};

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is for the gateway.
    Heard(Standing),
    /// It is not; why, in a word or two.
    Dropped(&'static str),
}

/// What the plugin knows of a sender who is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The operator's settings let them in.
    Allowed,
    /// The gateway decides: they may be asked for a code.
    Unknown,
}

/// What is known of a room when one of its messages is judged.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its id.
    pub id: &'a str,
    /// The bot's own id, whose server is the homeserver.
    pub own: &'a str,
}

impl Direct {
    /// Judges a message in a direct chat.
    pub fn judge(&self, own: &str, sender: &str) -> Verdict {
        let listed = listed(&self.allowed, own, sender);
        match self.policy {
            DirectPolicy::Disabled => Verdict::Dropped("direct chats are off"),
            DirectPolicy::Open => Verdict::Heard(Standing::Allowed),
            _ if listed => Verdict::Heard(Standing::Allowed),
            // Whom the operator approved later stands in the gateway's own list.
            DirectPolicy::Pairing | DirectPolicy::Allowlist => Verdict::Heard(Standing::Unknown),
        }
    }
}

impl Rooms {
    /// The settings of a room, and the name that they stand under: its own, an alias that leads to it, else `*`.
    pub fn find<'a>(
        &'a self,
        id: &str,
        aliases: &[(String, String)],
    ) -> Option<(&'a str, &'a Room)> {
        let leads = |name: &str| {
            aliases
                .iter()
                .any(|(alias, room)| alias == name && room == id)
        };
        let entries = || self.named.iter().map(|(name, room)| (plain(name), room));
        let own = entries().find(|(name, _)| *name == id);
        let named = own.or_else(|| entries().find(|(name, _)| leads(name)));
        named.or_else(|| Some(("*", self.named.get("*")?)))
    }

    /// Aliases that are named and lead to rooms only a homeserver knows.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        let names = self.named.keys().map(|name| plain(name));
        names.filter(|name| name.starts_with('#'))
    }

    /// Names that can name no room here: those that people give their rooms.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        let names = self.named.keys().map(|name| plain(name));
        names.filter(|name| *name != "*" && !name.starts_with(['#', '!']))
    }

    /// Judges a message in a room whose settings were found.
    pub fn judge(&self, place: Place<'_>, room: Option<&Room>, sender: &str) -> Verdict {
        if self.policy == RoomPolicy::Disabled {
            return Verdict::Dropped("rooms are off");
        }
        if room.is_some_and(|room| !room.on()) {
            return Verdict::Dropped("the room is off");
        }
        if self.policy == RoomPolicy::Allowlist && room.is_none() {
            return Verdict::Dropped("the room is not listed");
        }
        let own = room.map_or(&[][..], |room| &room.users);
        if !own.is_empty() {
            return match listed(own, place.own, sender) {
                true => Verdict::Heard(Standing::Allowed),
                false => Verdict::Dropped("the sender is not among the room's"),
            };
        }
        let limited = self.policy == RoomPolicy::Allowlist && !self.allowed.is_empty();
        match limited && !listed(&self.allowed, place.own, sender) {
            true => Verdict::Dropped("the sender is not listed"),
            false => Verdict::Heard(Standing::Allowed),
        }
    }
}

/// Whether a list names a user: by id, with or without `matrix:` or `user:`, by the local part of one of the bot's own
/// server, or by `*`.
pub fn listed(list: &[String], own: &str, sender: &str) -> bool {
    let neighbour = names::server(sender).is_some() && names::server(sender) == names::server(own);
    list.iter().any(|entry| {
        let entry = names::bare(entry, &["matrix:", "user:"]);
        entry == "*"
            || entry.eq_ignore_ascii_case(sender)
            || (neighbour && entry.eq_ignore_ascii_case(names::local(sender)))
    })
}

fn plain(name: &str) -> &str {
    names::bare(name, &["matrix:", "room:", "channel:"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use serde_json::{Value, json};

    const OWN: &str = "@bot:home.org";

    fn settings(more: Value) -> Settings {
        let mut all = json!({"homeserver": "https://home.org"});
        all.as_object_mut()
            .expect("a map")
            .extend(more.as_object().expect("a map").clone());
        Settings::parse(&all.to_string()).expect("settings")
    }

    fn direct(more: Value, sender: &str) -> Verdict {
        settings(json!({"dm": more})).direct.judge(OWN, sender)
    }

    fn room(more: Value, id: &str, sender: &str) -> Verdict {
        let rooms = settings(more).rooms;
        let aliases = [("#ops:home.org".to_owned(), "!ops:home.org".to_owned())];
        let found = rooms.find(id, &aliases);
        rooms.judge(Place { id, own: OWN }, found.map(|(_, room)| room), sender)
    }

    const ALLOWED: Verdict = Verdict::Heard(Standing::Allowed);
    const UNKNOWN: Verdict = Verdict::Heard(Standing::Unknown);

    #[test]
    fn a_direct_chat_follows_its_policy() {
        assert_eq!(direct(json!({}), "@a:b"), UNKNOWN);
        assert_eq!(direct(json!({"allowFrom": ["@a:b"]}), "@a:b"), ALLOWED);
        assert_eq!(
            direct(json!({"allowFrom": ["matrix:@A:b"]}), "@a:b"),
            ALLOWED
        );
        assert_eq!(direct(json!({"policy": "open"}), "@a:b"), ALLOWED);
        assert_eq!(
            direct(json!({"policy": "allowlist", "allowFrom": ["*"]}), "@a:b"),
            ALLOWED
        );
        assert_eq!(direct(json!({"policy": "allowlist"}), "@a:b"), UNKNOWN);
        assert!(matches!(
            direct(json!({"policy": "disabled", "allowFrom": ["@a:b"]}), "@a:b"),
            Verdict::Dropped(_)
        ));
    }

    #[test]
    fn a_local_part_is_only_for_neighbours() {
        let alice = json!({"allowFrom": ["alice"]});
        assert_eq!(direct(alice.clone(), "@alice:home.org"), ALLOWED);
        assert_eq!(direct(alice.clone(), "@alice:evil.org"), UNKNOWN);
        assert_eq!(direct(alice, "@alice:home.org.evil.org"), UNKNOWN);
    }

    #[test]
    fn only_listed_rooms_are_heard() {
        assert_eq!(
            room(json!({}), "!a:b", "@a:b"),
            Verdict::Dropped("the room is not listed")
        );
        let named = json!({"groups": {"!a:b": {}, "room:!c:d": {}, "#ops:home.org": {}}});
        assert_eq!(room(named.clone(), "!a:b", "@a:b"), ALLOWED);
        assert_eq!(room(named.clone(), "!c:d", "@a:b"), ALLOWED);
        assert_eq!(room(named.clone(), "!ops:home.org", "@a:b"), ALLOWED);
        assert!(matches!(room(named, "!x:b", "@a:b"), Verdict::Dropped(_)));
        assert_eq!(room(json!({"groups": {"*": {}}}), "!x:b", "@a:b"), ALLOWED);
        assert_eq!(
            room(json!({"groupPolicy": "open"}), "!x:b", "@a:b"),
            ALLOWED
        );
        assert!(matches!(
            room(
                json!({"groupPolicy": "disabled", "groups": {"*": {}}}),
                "!x:b",
                "@a:b"
            ),
            Verdict::Dropped(_)
        ));
    }

    #[test]
    fn a_rooms_own_settings_win_over_those_for_all() {
        let off = json!({"groupPolicy": "open", "groups": {"!a:b": {"enabled": false}, "*": {}}});
        assert_eq!(
            room(off.clone(), "!a:b", "@a:b"),
            Verdict::Dropped("the room is off")
        );
        assert_eq!(room(off, "!x:b", "@a:b"), ALLOWED);
    }

    #[test]
    fn senders_are_limited_by_the_room_or_by_all_rooms() {
        let users = json!({"groups": {"!a:b": {"users": ["@u:b"]}, "!c:d": {}}, "groupAllowFrom": ["@v:b"]});
        assert_eq!(room(users.clone(), "!a:b", "@u:b"), ALLOWED);
        assert!(matches!(
            room(users.clone(), "!a:b", "@v:b"),
            Verdict::Dropped(_)
        ));
        assert_eq!(room(users.clone(), "!c:d", "@v:b"), ALLOWED);
        assert!(matches!(room(users, "!c:d", "@u:b"), Verdict::Dropped(_)));
        let open = json!({"groupPolicy": "open", "groupAllowFrom": ["@v:b"]});
        assert_eq!(room(open, "!c:d", "@u:b"), ALLOWED);
    }

    #[test]
    fn names_that_people_give_rooms_are_no_names() {
        let named = settings(
            json!({"groups": {"Operations": {}, "#ops:home.org": {}, "!a:b": {}, "*": {}}}),
        );
        assert_eq!(
            named.rooms.unknown_names().collect::<Vec<_>>(),
            ["Operations"]
        );
        assert_eq!(named.rooms.aliases().collect::<Vec<_>>(), ["#ops:home.org"]);
    }
}
