//! What is sent, and to whom.
//!
//! Plain data, as it lies in the file. It must not know who delivers it.

use overgrow_handler::Effect;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

/// A message for one addressee.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Message {
    /// The channel's id, lower case: `zalo`.
    pub channel: String,
    /// The account of ours that sends it, where the channel has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The addressee, as the channel names it.
    pub to: String,
    /// The thread in which it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The provider's id of the message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Whether the addressee is to be told of it.
    pub notice: Notice,
    /// The session in whose transcript it is to appear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What it says.
    pub content: Content,
}

/// Whether an addressee is told that a message is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// As always.
    #[default]
    Usual,
    /// Without a sound, where the channel can.
    Silent,
}

/// What a message says: text, attachments or both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Content {
    /// Empty when there are attachments only.
    pub text: String,
    /// How the text is to be read.
    pub format: Format,
    /// In order; the text is the first one's caption.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As it is.
    Plain,
    /// As agents write: what the legacy takes every text for.
    #[default]
    Markdown,
    /// As a browser would.
    Html,
}

/// A file that is sent along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
    /// What the addressee should see as its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Its media type, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// Where an attachment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// At a URL, for the provider or the channel to fetch.
    Url(String),
    /// In the media store, under this id.
    Media(String),
}

impl Content {
    /// A text as agents write it.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.attachments.is_empty()
    }
}

impl Message {
    /// What of a message must stay in order: it names channel, account and addressee, and is shown to nobody.
    pub(crate) fn lane(&self) -> String {
        let account = self.account.as_deref().unwrap_or_default();
        // A separator that is in no channel's id and no account's.
        format!("{}\u{1f}{account}\u{1f}{}", self.channel, self.to)
    }

    /// As it lies in the file.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Tells this message from another one under the same key.
    pub(crate) fn digest(&self) -> i64 {
        xxh3_64(self.to_json().as_bytes()).cast_signed()
    }

    /// What a plan shows of it.
    pub fn effect(&self, key: Option<&str>) -> Effect {
        let message = serde_json::to_value(self).unwrap_or_default();
        let detail = match key {
            Some(key) => json!({ "idempotencyKey": key, "message": message }),
            None => json!({ "message": message }),
        };
        Effect::new("message", format!("{}:{}", self.channel, self.to)).detail(detail)
    }
}

impl From<Content> for Value {
    fn from(content: Content) -> Self {
        serde_json::to_value(content).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            channel: "zalo".to_owned(),
            to: "42".to_owned(),
            content: Content {
                text: "hello".to_owned(),
                attachments: vec![Attachment {
                    source: Source::Url("https://a.example/x.png".to_owned()),
                    filename: None,
                    content_type: Some("image/png".to_owned()),
                }],
                ..Content::default()
            },
            ..Message::default()
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let read: Message = serde_json::from_str(&message().to_json()).unwrap();
        assert_eq!(read, message());
        assert_eq!(read.digest(), message().digest());
    }

    #[test]
    fn a_lane_is_one_addressee_of_one_account() {
        let other_account = Message {
            account: Some("b".to_owned()),
            ..message()
        };
        let other_text = Message {
            content: Content::text("other"),
            ..message()
        };
        assert_ne!(message().lane(), other_account.lane());
        assert_eq!(message().lane(), other_text.lane());
        assert_ne!(message().digest(), other_text.digest());
    }
}
