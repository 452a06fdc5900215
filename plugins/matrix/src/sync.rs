//! What is new at the homeserver: the question, and what the answer holds.
//!
//! It must not act on any of it. The surprise: a part of the answer that is malformed is left out, never the whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::event::Event;
use crate::names;

/// Events that say something, or that tell that a room is encrypted.
const TIMELINE: [&str; 6] = [
    "m.room.message",
    "m.location",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
    "m.room.encrypted",
    "m.room.encryption",
];

/// How much of each room an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// So many events of each room.
    Events(u32),
    /// As little as there can be, after an answer that was too large.
    Narrow,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Where to go on.
    pub next: String,
    /// Rooms that the bot is in and that have something new.
    pub rooms: Vec<Room>,
    /// Rooms that it is invited to.
    pub invites: Vec<Invite>,
    /// Direct chats by user, when they have changed.
    pub direct: Option<BTreeMap<String, Vec<String>>>,
}

/// A room with something new.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// Whether its messages are encrypted from here on, as far as this says.
    pub encrypted: bool,
    /// What was sent, oldest first.
    pub events: Vec<Event>,
    /// Whether there was more than is in here.
    pub gap: bool,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// To this room.
    pub room: String,
    /// By this user, when the invitation says so.
    pub sender: Option<String>,
}

/// The query of the question. `since` is where the last answer ended, `wait` how long the server may keep the question
/// when there is nothing new, ms.
pub fn query(since: Option<&str>, wait: u64, width: Width) -> String {
    let filter = filter(width).to_string();
    let mut query = format!("?timeout={wait}&filter={}", names::segment(&filter));
    if let Some(since) = since {
        query.push_str("&since=");
        query.push_str(&names::segment(since));
    }
    query
}

fn filter(width: Width) -> Value {
    let limit = match width {
        Width::Events(limit) => limit,
        Width::Narrow => 1,
    };
    json!({
        "presence": {"types": []},
        "account_data": {"types": ["m.direct"]},
        "room": {
            "timeline": {"limit": limit, "types": TIMELINE, "lazy_load_members": true},
            "state": {"types": ["m.room.encryption"], "lazy_load_members": true},
            "ephemeral": {"types": []},
            "account_data": {"types": []},
        },
    })
}

impl Batch {
    /// Reads an answer; `None` when it does not say where to go on.
    pub fn read(answer: &Value, own: &str) -> Option<Self> {
        let next = answer.get("next_batch")?.as_str()?;
        Some(Self {
            next: next.to_owned(),
            rooms: members(answer, "/rooms/join")
                .filter_map(|(id, room)| Room::read(id, room))
                .collect(),
            invites: members(answer, "/rooms/invite")
                .filter_map(|(id, room)| Invite::read(id, room, own))
                .collect(),
            direct: direct(answer),
        })
    }
}

impl Room {
    fn read(id: &str, room: &Value) -> Option<Self> {
        let id = names::id(id, '!')?;
        let state = list(room, "/state/events").chain(list(room, "/timeline/events"));
        let encrypted = state.filter(|event| event.get("state_key").is_some());
        Some(Self {
            encrypted: encrypted
                .filter_map(|event| event.get("type"))
                .any(|kind| kind == "m.room.encryption"),
            events: list(room, "/timeline/events")
                .filter_map(Event::read)
                .collect(),
            gap: room.pointer("/timeline/limited") == Some(&Value::Bool(true)),
            id,
        })
    }
}

impl Invite {
    fn read(id: &str, room: &Value, own: &str) -> Option<Self> {
        let invited = |event: &&Value| {
            event
                .get("type")
                .is_some_and(|kind| kind == "m.room.member")
                && event.get("state_key").is_some_and(|key| key == own)
        };
        let event = list(room, "/invite_state/events").find(invited);
        Some(Self {
            room: names::id(id, '!')?,
            sender: event.and_then(|event| names::user(event.get("sender")?.as_str()?)),
        })
    }
}

fn members<'a>(answer: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let members = answer.pointer(pointer).and_then(Value::as_object);
    members
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn direct(answer: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    let event = list(answer, "/account_data/events")
        .find(|event| event.get("type").is_some_and(|kind| kind == "m.direct"))?;
    Some(rooms_by_user(event.get("content")?))
}

/// The content of `m.direct`: a user's rooms, by the user.
pub fn rooms_by_user(content: &Value) -> BTreeMap<String, Vec<String>> {
    let rooms = |rooms: &Value| {
        let ids = rooms
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        ids.filter_map(|id| names::id(id, '!')).collect::<Vec<_>>()
    };
    let users = content.as_object().into_iter().flatten();
    users
        .map(|(user, list)| (user.clone(), rooms(list)))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The specification's own example of an answer to `GET /_matrix/client/v3/sync`, shortened where nothing is read.
    pub(crate) fn documented() -> Value {
        json!({
            "account_data": {"events": [
                {"type": "org.example.custom.config", "content": {"custom_config_key": "custom_config_value"}},
                {"type": "m.direct", "content": {"@alice:example.com": ["!direct:example.com", 7]}},
            ]},
            "next_batch": "s72595_4483_1934",
            "presence": {"events": [{"content": {"presence": "online"}, "sender": "@example:localhost", "type": "m.presence"}]},
            "rooms": {
                "invite": {"!696r7674:example.com": {"invite_state": {"events": [
                    {"content": {"name": "My Room Name"}, "sender": "@alice:example.com", "state_key": "", "type": "m.room.name"},
                    {"content": {"membership": "invite"}, "sender": "@alice:example.com", "state_key": "@bob:example.com", "type": "m.room.member"},
                ]}}},
                "join": {"!726s6s6q:example.com": {
                    "account_data": {"events": [{"content": {"tags": {"u.work": {"order": 0.9}}}, "type": "m.tag"}]},
                    "ephemeral": {"events": [{"content": {"user_ids": ["@alice:matrix.org"]}, "type": "m.typing"}]},
                    "state": {"events": [{"content": {"avatar_url": "mxc://example.org/oUxxDyzQOHdVDMxgwFzyCWEe", "displayname": "Alice Margatroid", "membership": "join"}, "event_id": "$143273582443PhrSn:example.org", "origin_server_ts": 1_432_735_824_653_u64, "sender": "@example:example.org", "state_key": "@alice:example.org", "type": "m.room.member"}]},
                    "summary": {"m.heroes": ["@alice:example.com", "@bob:example.com"], "m.invited_member_count": 0, "m.joined_member_count": 2},
                    "timeline": {"events": [
                        {"content": {"membership": "join"}, "event_id": "$143273582443PhrSn:example.org", "origin_server_ts": 1_432_735_824_653_u64, "sender": "@alice:example.org", "state_key": "@alice:example.org", "type": "m.room.member"},
                        {"content": {"body": "This is an example text message", "format": "org.matrix.custom.html", "formatted_body": "<b>This is an example text message</b>", "msgtype": "m.text"}, "event_id": "$143273582443PhrSn:example.org", "origin_server_ts": 1_432_735_824_653_u64, "sender": "@example:example.org", "type": "m.room.message", "unsigned": {"age": 1234}},
                    ], "limited": true, "prev_batch": "t34-23535_0_0"},
                }},
                "knock": {}, "leave": {},
            },
        })
    }

    #[test]
    fn the_documented_answer_is_read() {
        let batch = Batch::read(&documented(), "@bob:example.com").expect("a batch");
        assert_eq!(batch.next, "s72595_4483_1934");
        assert_eq!(
            batch.invites,
            [Invite {
                room: "!696r7674:example.com".into(),
                sender: Some("@alice:example.com".into())
            }]
        );
        assert_eq!(
            batch.direct.expect("direct chats")["@alice:example.com"],
            ["!direct:example.com"]
        );
        let room = &batch.rooms[0];
        assert_eq!(
            (
                room.id.as_str(),
                room.encrypted,
                room.gap,
                room.events.len()
            ),
            ("!726s6s6q:example.com", false, true, 2)
        );
        assert_eq!(
            room.events[1].said().expect("words").text,
            "This is an example text message"
        );
    }

    #[test]
    fn an_answer_without_an_end_is_none() {
        assert_eq!(Batch::read(&json!({}), "@b:c"), None);
        assert_eq!(Batch::read(&json!({"next_batch": 7}), "@b:c"), None);
        let bare = Batch::read(
            &json!({"next_batch": "s1", "rooms": {"join": [], "invite": null}}),
            "@b:c",
        );
        assert_eq!(
            bare,
            Some(Batch {
                next: "s1".into(),
                ..Batch::default()
            })
        );
    }

    #[test]
    fn what_is_malformed_is_left_out() {
        let answer = json!({"next_batch": "s1", "rooms": {"join": {
            "not a room": {}, "!a:b": 7,
            "!c:d": {"state": {"events": [{"type": "m.room.encryption", "state_key": "", "sender": "@a:b", "content": {}}]}, "timeline": {"events": [7, {"type": "x"}]}},
        }}});
        let batch = Batch::read(&answer, "@b:c").expect("a batch");
        let rooms: Vec<_> = batch
            .rooms
            .iter()
            .map(|room| (room.id.as_str(), room.encrypted, room.events.len()))
            .collect();
        assert_eq!(rooms, [("!a:b", false, 0), ("!c:d", true, 0)]);
    }

    #[test]
    fn only_state_makes_a_room_encrypted() {
        let answer = json!({"next_batch": "s1", "rooms": {"join": {"!a:b": {"timeline": {"events": [
            {"type": "m.room.encryption", "sender": "@a:b", "event_id": "$x", "content": {}},
        ]}}}}});
        assert!(!Batch::read(&answer, "@b:c").expect("a batch").rooms[0].encrypted);
    }

    #[test]
    fn a_question_says_what_is_wanted() {
        let query = query(Some("s1&x=y"), 30_000, Width::Events(10));
        assert!(query.starts_with("?timeout=30000&filter=%7B"), "{query}");
        assert!(query.ends_with("&since=s1%26x%3Dy"), "{query}");
        assert_eq!(filter(Width::Narrow)["room"]["timeline"]["limit"], 1);
        assert!(!super::query(None, 0, Width::Narrow).contains("since"));
    }
}
