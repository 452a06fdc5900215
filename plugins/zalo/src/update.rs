//! What the provider tells of: an update, as it stands in a webhook's body or in an answer to `getUpdates`.
//!
//! It must not know the host. Whether a body is an update at all is decided as JavaScript decides what is true, since
//! that is what the legacy's answers depend on.

use serde::Deserialize;
use serde_json::Value;

/// A message that somebody sent to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) id: String,
    pub(crate) sender: String,
    pub(crate) sender_name: Option<String>,
    pub(crate) chat: String,
    pub(crate) kind: Chat,
    /// Unix ms; `None` when the provider did not say.
    pub(crate) sent_at: Option<u64>,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chat {
    Private,
    Group,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Text(String),
    Picture {
        url: Option<String>,
        caption: Option<String>,
    },
    /// Something that the gateway makes nothing of; the word is for the log.
    Other(&'static str),
}

#[derive(Deserialize)]
struct Update {
    event_name: Value,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    message_id: Id,
    from: Person,
    chat: Place,
    date: Option<f64>,
    text: Option<String>,
    photo: Option<String>,
    caption: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    id: Id,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    id: Id,
    chat_type: Option<String>,
}

/// Ids are texts, and numbers in some of the provider's examples.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(serde_json::Number),
}

impl Id {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

/// The update in a body: the body itself, or what `{"ok": true, "result": …}` wraps. `None` when it is none.
pub(crate) fn unwrap(body: Value) -> Option<Value> {
    let wrapped =
        body.get("ok") == Some(&Value::Bool(true)) && body.get("result").is_some_and(truthy);
    let update = match body {
        Value::Object(mut body) if wrapped => body.remove("result")?,
        other => other,
    };
    update
        .get("event_name")
        .is_some_and(truthy)
        .then_some(update)
}

/// Reads an update. `None` for one that tells of no message, or of a kind that nobody knows.
///
/// # Errors
/// What is missing in it, for the log.
pub(crate) fn read(update: Value) -> Result<Option<Incoming>, serde_json::Error> {
    let Update {
        event_name,
        message,
    } = Update::deserialize(update)?;
    let Some(mut message) = message else {
        return Ok(None);
    };
    let what = match event_name.as_str() {
        Some("message.text.received") => What::Text(message.text.take().unwrap_or_default()),
        Some("message.image.received") => What::Picture {
            url: message.photo.take().filter(|url| !url.is_empty()),
            caption: message.caption.take(),
        },
        Some("message.sticker.received") => What::Other("sticker"),
        Some("message.unsupported.received") => What::Other("unsupported"),
        _ => return Ok(None),
    };
    Ok(Some(message.incoming(what)))
}

impl Message {
    fn incoming(self, what: What) -> Incoming {
        Incoming {
            id: self.message_id.text(),
            sender: self.from.id.text(),
            sender_name: self.from.name.filter(|name| !name.is_empty()),
            chat: self.chat.id.text(),
            kind: match self.chat.chat_type.as_deref() {
                Some("GROUP") => Chat::Group,
                _ => Chat::Private,
            },
            sent_at: self
                .date
                .filter(|date| *date > 0.0)
                .map(|date| (date * 1000.0) as u64),
            what,
        }
    }
}

/// What JavaScript takes for true.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn update(event: &str, more: Value) -> Value {
        let mut message = json!({
            "message_id": "m1", "from": { "id": "u1", "name": "Ann" }, "chat": { "id": "c1", "chat_type": "PRIVATE" },
            "date": 1_700_000_000,
        });
        let fields = message.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        json!({ "event_name": event, "message": message })
    }

    fn what(event: &str, more: Value) -> What {
        read(update(event, more))
            .expect("well formed")
            .expect("a message")
            .what
    }

    #[test]
    fn an_update_comes_bare_or_wrapped() {
        let bare = update("message.text.received", json!({ "text": "hi" }));
        assert_eq!(unwrap(bare.clone()), Some(bare.clone()));
        assert_eq!(
            unwrap(json!({ "ok": true, "result": bare })),
            Some(bare.clone())
        );
        assert_eq!(unwrap(json!({ "ok": 1, "result": bare })), None);
        for none in [
            json!(null),
            json!(7),
            json!([]),
            json!({}),
            json!({ "event_name": "" }),
            json!({ "event_name": 0 }),
        ] {
            assert_eq!(unwrap(none.clone()), None, "{none}");
        }
        assert!(unwrap(json!({ "event_name": 1 })).is_some());
        assert!(unwrap(json!({ "ok": true, "result": 0, "event_name": "x" })).is_some());
        assert!(unwrap(json!({ "ok": true, "result": "x", "event_name": "x" })).is_none());
    }

    #[test]
    fn messages_are_read_by_kind() {
        assert_eq!(
            what("message.text.received", json!({ "text": "hi" })),
            What::Text("hi".into())
        );
        let picture = What::Picture {
            url: Some("https://p".into()),
            caption: Some("c".into()),
        };
        assert_eq!(
            what(
                "message.image.received",
                json!({ "photo": "https://p", "caption": "c" })
            ),
            picture
        );
        assert_eq!(
            what("message.sticker.received", json!({})),
            What::Other("sticker")
        );
        assert_eq!(
            what("message.unsupported.received", json!({})),
            What::Other("unsupported")
        );
    }

    #[test]
    fn who_where_and_when_come_along() {
        let group = json!({ "chat": { "id": 5, "chat_type": "GROUP" }, "text": "hi" });
        let incoming = read(update("message.text.received", group))
            .expect("well formed")
            .expect("a message");
        assert_eq!((&*incoming.chat, incoming.kind), ("5", Chat::Group));
        assert_eq!(
            (
                &*incoming.id,
                &*incoming.sender,
                incoming.sender_name.as_deref()
            ),
            ("m1", "u1", Some("Ann"))
        );
        assert_eq!(incoming.sent_at, Some(1_700_000_000_000));
    }

    #[test]
    fn what_tells_of_nothing_is_nothing_and_what_is_broken_says_so() {
        assert_eq!(
            read(json!({ "event_name": "message.text.received" })).expect("well formed"),
            None
        );
        assert_eq!(
            read(update("message.new.kind", json!({}))).expect("well formed"),
            None
        );
        let broken = read(json!({ "event_name": "message.text.received", "message": {} }));
        assert!(
            broken
                .expect_err("no ids")
                .to_string()
                .contains("message_id")
        );
    }
}
