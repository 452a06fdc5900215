//! WebSocket messages that come by chance: broadcasts about other clients, ticks of a clock.
//!
//! They are left out on both sides. A message is told by a top-level key of its JSON.

use std::str::FromStr;

use overgrow_parity::trace::{Conversation, Message, Payload, Way};
use serde_json::Value;

/// Which messages those are.
#[derive(Debug, Clone, Default)]
pub struct Chatter(Vec<Mark>);

/// What they are known by, written `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    key: String,
    value: String,
}

/// The text has no `=`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write KEY=VALUE, such as event=tick")]
pub struct NoMark;

impl FromStr for Mark {
    type Err = NoMark;

    fn from_str(text: &str) -> Result<Self, NoMark> {
        let (key, value) = text.split_once('=').ok_or(NoMark)?;
        Ok(Self {
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl Chatter {
    /// Messages that have one of these marks.
    pub fn new(marks: Vec<Mark>) -> Self {
        Self(marks)
    }

    /// Whether a message is one of them.
    pub(super) fn covers(&self, payload: &Payload) -> bool {
        match payload {
            Payload::Text(text) if !self.0.is_empty() => self.marks(text),
            _ => false,
        }
    }

    /// The conversation without those that were received.
    pub(super) fn taken_from(&self, conversation: &Conversation) -> Conversation {
        let is_kept =
            |message: &&Message| message.way == Way::Send || !self.covers(&message.payload);
        Conversation {
            extent: conversation.extent,
            messages: conversation
                .messages
                .iter()
                .filter(is_kept)
                .cloned()
                .collect(),
            close: conversation.close.clone(),
        }
    }

    fn marks(&self, text: &str) -> bool {
        let Ok(Value::Object(message)) = serde_json::from_str(text) else {
            return false;
        };
        let said = |mark: &Mark| match message.get(&mark.key) {
            Some(Value::String(text)) => *text == mark.value,
            Some(Value::Number(number)) => number.to_string() == mark.value,
            _ => false,
        };
        self.0.iter().any(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_told_by_a_key_of_its_own() {
        let chatter = Chatter::new(vec!["event=tick".parse().unwrap(), "n=7".parse().unwrap()]);
        for (text, expect) in [
            (r#"{"event":"tick","ts":1}"#, true),
            (r#"{"n":7}"#, true),
            (r#"{"event":"health"}"#, false),
            (r#"{"payload":{"event":"tick"}}"#, false),
            ("event=tick", false),
        ] {
            assert_eq!(chatter.covers(&Payload::Text(text.to_owned())), expect);
        }
        assert_eq!("event".parse::<Mark>(), Err(NoMark));
    }
}
