//! What somebody said in a room, read from an event as it came.
//!
//! It must not decide who may speak. The surprise: events come from other people's servers, so each is read on its
//! own, with nothing taken for granted; one that is malformed never spoils the rest.

use serde_json::Value;

use crate::names::{self, Media};
use crate::{location, poll};

/// One event, its outside checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its type.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Who sent it, with the server.
    pub sender: String,
    /// When, by the sender's server, Unix ms; a server may lie.
    pub sent_at: u64,
    /// Present for state.
    pub state_key: Option<String>,
    /// What it says.
    pub content: Value,
    redacted: bool,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// In words; empty for a file without any.
    pub text: String,
    /// The file with it.
    pub file: Option<File>,
    /// The event that it answers.
    pub reply_to: Option<String>,
    /// The first event of the thread that it is in.
    pub thread: Option<String>,
    /// Whom it addresses.
    pub mentions: Mentions,
}

/// A file in the media repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub media: Media,
    /// What its sender says that it is.
    pub content_type: Option<String>,
    /// What its sender calls it.
    pub name: Option<String>,
    /// How large its sender says that it is, bytes.
    pub size: Option<u64>,
}

/// Whom a message addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Everybody in the room.
    pub room: bool,
    /// These users.
    pub users: Vec<String>,
}

/// Why an event is not for the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// It is none of the types that say something.
    Type,
    /// It cannot be read here.
    Encrypted,
    /// It was taken back.
    Redacted,
    /// It changes what was said before.
    Edit,
    /// It says nothing.
    Empty,
}

impl Event {
    /// Reads one; `None` when even its outside is not that of an event.
    pub fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            kind: text("type")?,
            id: names::id(&text("event_id").unwrap_or_default(), '$').unwrap_or_default(),
            sender: names::user(&text("sender")?)?,
            sent_at: value
                .get("origin_server_ts")
                .and_then(Value::as_f64)
                .map_or(0, |time| time.max(0.0) as u64),
            state_key: text("state_key"),
            content: value.get("content").cloned().unwrap_or(Value::Null),
            redacted: value
                .pointer("/unsigned/redacted_because")
                .is_some_and(|because| !because.is_null()),
        })
    }

    /// What it says to the gateway.
    ///
    /// # Errors
    /// Why it says nothing.
    pub fn said(&self) -> Result<Said, Ignored> {
        match self.kind.as_str() {
            "m.room.encrypted" => return Err(Ignored::Encrypted),
            "m.room.message" | "m.location" => {}
            kind if poll::begins(kind) => {}
            _ => return Err(Ignored::Type),
        }
        if self.id.is_empty() || self.state_key.is_some() {
            return Err(Ignored::Type);
        }
        if self.redacted {
            return Err(Ignored::Redacted);
        }
        if self.relation("rel_type") == Some("m.replace") {
            return Err(Ignored::Edit);
        }
        let said = self.read_content();
        match said.text.is_empty() && said.file.is_none() {
            true => Err(Ignored::Empty),
            false => Ok(said),
        }
    }

    fn read_content(&self) -> Said {
        let root = self
            .relation("event_id")
            .filter(|_| self.relation("rel_type") == Some("m.thread"));
        let answered = self.content.pointer("/m.relates_to/m.in_reply_to/event_id");
        let event = |id: &str| names::id(id, '$');
        Said {
            text: self.text(),
            file: file(&self.content),
            reply_to: answered.and_then(Value::as_str).and_then(event),
            thread: root.and_then(event),
            mentions: mentions(&self.content),
        }
    }

    fn text(&self) -> String {
        if poll::begins(&self.kind) {
            return poll::read(&self.content).unwrap_or_default();
        }
        let msgtype = self.content.get("msgtype").and_then(Value::as_str);
        let place = (self.kind == "m.location" || msgtype == Some("m.location"))
            .then(|| location::read(&self.content))
            .flatten();
        let body = self.content.get("body").and_then(Value::as_str);
        place.unwrap_or_else(|| body.unwrap_or_default().trim().to_owned())
    }

    fn relation(&self, name: &str) -> Option<&str> {
        self.content.get("m.relates_to")?.get(name)?.as_str()
    }
}

impl Mentions {
    /// Whether a user is addressed.
    pub fn name(&self, user: &str) -> bool {
        self.room || self.users.iter().any(|named| named == user)
    }
}

/// The file of a message. One that is encrypted (`file` where `url` should be) cannot be read here.
fn file(content: &Value) -> Option<File> {
    let text = |pointer: &str| content.pointer(pointer)?.as_str().map(str::to_owned);
    Some(File {
        media: Media::parse(&text("/url")?)?,
        content_type: text("/info/mimetype").filter(|kind| plausible(kind)),
        name: text("/filename").or_else(|| text("/body")),
        size: content.pointer("/info/size").and_then(Value::as_u64),
    })
}

/// Whether a text may be a content type, which is to go into a header.
fn plausible(kind: &str) -> bool {
    kind.len() <= 127
        && kind.contains('/')
        && kind.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn mentions(content: &Value) -> Mentions {
    let named = content.get("m.mentions");
    let users = named.and_then(|named| named.get("user_ids")?.as_array());
    Mentions {
        room: named.and_then(|named| named.get("room")) == Some(&Value::Bool(true)),
        users: users
            .into_iter()
            .flatten()
            .filter_map(|user| user.as_str().map(str::to_owned))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn event(kind: &str, content: Value) -> Event {
        let value = json!({
            "type": kind, "event_id": "$143273582443PhrSn:example.org", "sender": "@example:example.org",
            "origin_server_ts": 1_432_735_824_653_u64, "room_id": "!jEsUZKDJdhlrceRyVU:example.org",
            "unsigned": {"age": 1234}, "content": content,
        });
        Event::read(&value).expect("an event")
    }

    fn said(kind: &str, content: Value) -> Said {
        event(kind, content).said().expect("something said")
    }

    fn ignored(kind: &str, content: Value, expect: Ignored) {
        assert_eq!(event(kind, content).said(), Err(expect), "{kind}");
    }

    /// The specification's own examples (§ 11.2.1, `m.room.message` msgtypes).
    #[test]
    fn texts_notices_and_emotes_are_words() {
        for msgtype in ["m.text", "m.notice", "m.emote"] {
            let content = json!({"msgtype": msgtype, "body": " This is an example \n", "format": "org.matrix.custom.html", "formatted_body": "<b>x</b>"});
            let said = said("m.room.message", content);
            assert_eq!(said.text, "This is an example");
            assert_eq!(said.file, None);
        }
    }

    #[test]
    fn files_have_a_place_and_a_claim() {
        let said = said(
            "m.room.message",
            json!({
                "msgtype": "m.image", "body": "filename.jpg",
                "info": {"h": 398, "mimetype": "image/jpeg", "size": 31037, "w": 394},
                "url": "mxc://example.org/JWEIFJgwEIhweiWJE",
            }),
        );
        let file = said.file.expect("a file");
        assert_eq!(
            file.media,
            Media::parse("mxc://example.org/JWEIFJgwEIhweiWJE").expect("mxc")
        );
        assert_eq!(file.content_type.as_deref(), Some("image/jpeg"));
        assert_eq!(file.size, Some(31037));
        assert_eq!(said.text, "filename.jpg");
    }

    #[test]
    fn what_a_file_claims_cannot_break_a_header() {
        let said = said(
            "m.room.message",
            json!({"msgtype": "m.file", "body": "a", "url": "mxc://a.org/b", "info": {"mimetype": "a/b\r\nX: y", "size": -1}}),
        );
        let file = said.file.expect("a file");
        assert_eq!((file.content_type, file.size), (None, None));
    }

    #[test]
    fn a_place_is_said_in_words() {
        let said = said(
            "m.room.message",
            json!({"msgtype": "m.location", "body": "Big Ben", "geo_uri": "geo:51.5008,0.1247"}),
        );
        assert_eq!(said.text, "📍 51.500800, 0.124700\nBig Ben");
    }

    #[test]
    fn relations_and_mentions_are_read() {
        let said = said(
            "m.room.message",
            json!({
                "msgtype": "m.text", "body": "hi",
                "m.mentions": {"user_ids": ["@bot:example.org", 7], "room": "yes"},
                "m.relates_to": {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": true, "m.in_reply_to": {"event_id": "$last"}},
            }),
        );
        assert_eq!(said.thread.as_deref(), Some("$root"));
        assert_eq!(said.reply_to.as_deref(), Some("$last"));
        assert!(said.mentions.name("@bot:example.org"));
        assert!(!said.mentions.room && !said.mentions.name("@other:example.org"));
    }

    #[test]
    fn what_says_nothing_new_is_ignored() {
        let text = json!({"msgtype": "m.text", "body": "* new", "m.new_content": {}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$old"}});
        ignored("m.room.message", text, Ignored::Edit);
        ignored("m.room.message", json!({}), Ignored::Empty);
        ignored(
            "m.room.message",
            json!({"msgtype": "m.image", "body": " ", "file": {"url": "mxc://a/b"}}),
            Ignored::Empty,
        );
        ignored(
            "m.room.redaction",
            json!({"redacts": "$old"}),
            Ignored::Type,
        );
        ignored("m.reaction", json!({}), Ignored::Type);
        ignored(
            "m.room.encrypted",
            json!({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}),
            Ignored::Encrypted,
        );
        ignored("m.poll.start", json!({}), Ignored::Empty);
    }

    #[test]
    fn what_was_taken_back_is_ignored() {
        let value = json!({"type": "m.room.message", "event_id": "$a", "sender": "@a:b", "content": {"body": "x"}, "unsigned": {"redacted_because": {"type": "m.room.redaction"}}});
        let event = Event::read(&value).expect("an event");
        assert_eq!(event.said(), Err(Ignored::Redacted));
    }

    #[test]
    fn an_event_without_an_outside_is_none() {
        for value in [
            json!(null),
            json!([]),
            json!({"type": "m.room.message"}),
            json!({"type": 1, "sender": "@a:b"}),
            json!({"type": "x", "sender": "a"}),
        ] {
            assert_eq!(Event::read(&value), None, "{value}");
        }
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(
                    prop_oneof![
                        Just("body".to_owned()),
                        Just("url".to_owned()),
                        Just("info".to_owned()),
                        Just("m.relates_to".to_owned()),
                        Just("m.mentions".to_owned()),
                        Just("geo_uri".to_owned()),
                        Just("m.poll.start".to_owned()),
                        Just("answers".to_owned()),
                        Just("question".to_owned())
                    ],
                    inner,
                    0..5
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_content_panics(content in anything(), kind in prop_oneof![Just("m.room.message"), Just("m.poll.start"), Just("m.location")]) {
            let _ = event(kind, content).said();
        }
    }
}
