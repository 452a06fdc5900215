//! Contents of the events that are sent.
//!
//! It must not send them.

use serde_json::{Map, Value, json};

use crate::{markdown, sanitize};

/// What a message has to do with another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// It answers it.
    Reply(String),
    /// It belongs to the thread that the first begins, and answers the second.
    Thread(String, Option<String>),
}

/// A file that is sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File<'a> {
    /// `m.image`, `m.audio`, `m.video` or `m.file`.
    pub msgtype: &'a str,
    /// What stands with it.
    pub body: &'a str,
    /// Where it is: an `mxc:` URI.
    pub uri: &'a str,
    /// What it is called.
    pub name: Option<&'a str>,
    /// What it is.
    pub content_type: Option<&'a str>,
    /// Bytes.
    pub size: u64,
    /// Width and height, pixels.
    pub pixels: Option<(usize, usize)>,
    /// ms.
    pub duration: Option<u64>,
    /// Whether it was spoken for this message.
    pub voice: Voice,
}

/// Whether a sound is a voice message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Voice {
    /// It is any sound.
    #[default]
    No,
    /// It was spoken for this message.
    Yes,
}

impl Relation {
    /// From what a target names; a thread wins.
    pub fn of(thread: Option<&str>, reply_to: Option<&str>) -> Option<Self> {
        let filled = |text: Option<&str>| {
            text.map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        match (filled(thread), filled(reply_to)) {
            (Some(root), reply) => Some(Self::Thread(root, reply)),
            (None, reply) => reply.map(Self::Reply),
        }
    }

    /// As it stands in a content.
    pub fn value(&self) -> Value {
        match self {
            Self::Reply(event) => json!({"m.in_reply_to": {"event_id": event}}),
            Self::Thread(root, reply) => json!({
                "rel_type": "m.thread", "event_id": root, "is_falling_back": true,
                "m.in_reply_to": {"event_id": reply.as_ref().unwrap_or(root)},
            }),
        }
    }
}

/// A text in Markdown.
pub fn text(markdown: &str, relation: Option<&Relation>) -> Value {
    related(formatted(markdown, markdown::render(markdown)), relation)
}

/// A text as it is.
pub fn plain(body: &str, relation: Option<&Relation>) -> Value {
    related(json!({"msgtype": "m.text", "body": body}), relation)
}

/// A text in HTML, which is cut down to what may be shown.
pub fn html(html: &str, relation: Option<&Relation>) -> Value {
    related(
        formatted(&sanitize::plain(html), sanitize::clean(html)),
        relation,
    )
}

/// A new content for an event that was sent.
pub fn edit(event: &str, new: &Value) -> Value {
    let mut content = new.clone();
    for name in ["body", "formatted_body"] {
        if let Some(Value::String(text)) = content.get_mut(name) {
            text.insert_str(0, "* ");
        }
    }
    content["m.new_content"] = new.clone();
    content["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": event});
    content
}

/// A reaction to an event.
pub fn reaction(event: &str, key: &str) -> Value {
    json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}})
}

/// Any content, with what it has to do with another event.
pub fn related(mut content: Value, relation: Option<&Relation>) -> Value {
    if let Some(relation) = relation {
        content["m.relates_to"] = relation.value();
    }
    content
}

impl File<'_> {
    /// Its event's content.
    pub fn content(&self, relation: Option<&Relation>) -> Value {
        let mut content = formatted(self.body, markdown::render(self.body));
        content["msgtype"] = self.msgtype.into();
        content["url"] = self.uri.into();
        content["info"] = self.info();
        if let Some(name) = self.name {
            content["filename"] = name.into();
        }
        if self.voice == Voice::Yes {
            content["org.matrix.msc3245.voice"] = json!({});
            if let Some(duration) = self.duration {
                content["org.matrix.msc1767.audio"] = json!({"duration": duration});
            }
        }
        related(content, relation)
    }

    fn info(&self) -> Value {
        let pixels = self.pixels.unwrap_or_default();
        let known = [
            ("size", Some(self.size.into())),
            ("mimetype", self.content_type.map(Value::from)),
            ("w", self.pixels.map(|_| pixels.0.into())),
            ("h", self.pixels.map(|_| pixels.1.into())),
            ("duration", self.duration.map(Value::from)),
        ];
        let known = known
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(known.collect::<Map<_, _>>())
    }
}

fn formatted(body: &str, html: String) -> Value {
    match html.is_empty() {
        true => json!({"msgtype": "m.text", "body": body}),
        false => {
            json!({"msgtype": "m.text", "body": body, "format": "org.matrix.custom.html", "formatted_body": html})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_both_forms() {
        assert_eq!(
            text("**hi**", None),
            json!({
                "msgtype": "m.text", "body": "**hi**", "format": "org.matrix.custom.html",
                "formatted_body": "<p><strong>hi</strong></p>",
            })
        );
        assert_eq!(
            plain("**hi**", None),
            json!({"msgtype": "m.text", "body": "**hi**"})
        );
        assert_eq!(
            html("<b>hi</b><script>x</script>", None),
            json!({
                "msgtype": "m.text", "body": "hi", "format": "org.matrix.custom.html", "formatted_body": "<b>hi</b>",
            })
        );
    }

    #[test]
    fn relations_are_as_the_gateway_writes_them() {
        let value = |thread, reply| Relation::of(thread, reply).map(|relation| relation.value());
        assert_eq!(value(None, None), None);
        assert_eq!(
            value(Some(" "), Some(" $a ")),
            Some(json!({"m.in_reply_to": {"event_id": "$a"}}))
        );
        assert_eq!(
            value(Some("$t"), None),
            Some(
                json!({"rel_type": "m.thread", "event_id": "$t", "is_falling_back": true, "m.in_reply_to": {"event_id": "$t"}})
            )
        );
        assert_eq!(
            value(Some("$t"), Some("$a")).expect("a thread")["m.in_reply_to"]["event_id"],
            "$a"
        );
    }

    #[test]
    fn an_edit_carries_the_new_and_a_hint() {
        let content = edit("$a", &text("new", None));
        assert_eq!(content["body"], "* new");
        assert_eq!(content["formatted_body"], "* <p>new</p>");
        assert_eq!(content["m.new_content"], text("new", None));
        assert_eq!(
            content["m.relates_to"],
            json!({"rel_type": "m.replace", "event_id": "$a"})
        );
    }

    #[test]
    fn a_voice_message_is_marked() {
        let file = File {
            msgtype: "m.audio",
            body: "Voice message",
            uri: "mxc://a/b",
            name: Some("v.ogg"),
            content_type: Some("audio/ogg"),
            size: 9,
            pixels: None,
            duration: Some(1500),
            voice: Voice::Yes,
        };
        assert_eq!(
            file.content(None),
            json!({
                "msgtype": "m.audio", "body": "Voice message", "format": "org.matrix.custom.html", "formatted_body": "<p>Voice message</p>",
                "url": "mxc://a/b", "filename": "v.ogg", "info": {"size": 9, "mimetype": "audio/ogg", "duration": 1500},
                "org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": {"duration": 1500},
            })
        );
    }

    #[test]
    fn an_image_has_its_size() {
        let file = File {
            msgtype: "m.image",
            body: "a.png",
            uri: "mxc://a/b",
            size: 9,
            pixels: Some((3, 2)),
            ..File::default()
        };
        assert_eq!(
            file.content(Some(&Relation::Reply("$r".into())))["info"],
            json!({"size": 9, "w": 3, "h": 2})
        );
    }
}
