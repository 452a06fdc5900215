//! What a body of `POST /tools/invoke` asks for, as the gateway reads it.
//!
//! Plain functions. The surprise: whatever is no JSON here is left to the legacy, whose words for it differ from ours,
//! and so is what JavaScript takes and Rust does not, such as half a surrogate pair.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// The tool's name; empty when none is given.
    pub(super) tool: String,
    pub(super) action: Option<String>,
    pub(super) args: Map<String, Value>,
    /// The session's key; `None` is the main one.
    pub(super) session: Option<String>,
}

impl Asked {
    /// Reads a whole body; `None` when it is no JSON. What is no object asks for nothing.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let text = trim(&text);
        let value = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(text).ok()?,
        };
        let text = |name: &str| value.get(name)?.as_str().map(|text| trim(text).to_owned());
        let filled = |name: &str| text(name).filter(|text| !text.is_empty());
        Some(Self {
            tool: text("tool").unwrap_or_default(),
            action: filled("action"),
            args: value
                .get("args")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            session: filled("sessionKey").filter(|key| key != "main"),
        })
    }

    /// The arguments, with the action among them when the tool has such a parameter and they do not say it themselves.
    pub(super) fn arguments(mut self, schema: &Value) -> Value {
        let takes = schema.pointer("/properties/action").is_some();
        if let Some(action) = self.action.filter(|_| takes) {
            self.args.entry("action").or_insert(action.into());
        }
        Value::Object(self.args)
    }

    /// The agent of the session, when its key says one: `agent:ID:REST`.
    pub(super) fn agent(&self) -> Option<String> {
        let rest = self.session.as_deref()?.strip_prefix("agent:")?;
        let (agent, _) = rest.split_once(':')?;
        (!agent.is_empty()).then(|| agent.to_owned())
    }
}

/// The tool's name, read from the beginning of a body; `None` when it is not there.
pub(super) fn peek(beginning: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(beginning);
    let text = text.trim_start_matches(is_space);
    let mut peeked = None;
    // It fails, since the text ends in the middle; what was read until then counts.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Peek(&mut peeked));
    peeked
}

struct Peek<'a>(&'a mut Option<String>);

impl<'de> Visitor<'de> for Peek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "tool" {
                let tool: Value = map.next_value()?;
                *self.0 = tool.as_str().map(|tool| trim(tool).to_owned());
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// As JavaScript trims.
fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn is_space(letter: char) -> bool {
    (letter.is_whitespace() && letter != '\u{85}') || letter == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(body: &str) -> Asked {
        Asked::read(body.as_bytes()).expect("JSON")
    }

    #[test]
    fn only_texts_and_objects_count() {
        let whole = asked(
            r#" {"tool":" hello ","action":" go ","args":{"a":1},"sessionKey":"agent:ada:main"} "#,
        );
        assert_eq!(
            (&*whole.tool, whole.action.as_deref()),
            ("hello", Some("go"))
        );
        assert_eq!(whole.agent().as_deref(), Some("ada"));
        assert_eq!(whole.session.as_deref(), Some("agent:ada:main"));
        for body in [
            "",
            "  ",
            "null",
            "5",
            "[]",
            "\"x\"",
            "{}",
            r#"{"tool":5,"args":[1]}"#,
        ] {
            let asked = asked(body);
            assert_eq!((&*asked.tool, asked.args.len()), ("", 0), "{body}");
        }
        assert_eq!(asked(r#"{"sessionKey":"main"}"#).session, None);
        for body in ["{", "{'tool':1}", r#"{"tool":"\ud800"}"#, "nope"] {
            assert_eq!(Asked::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn the_action_is_an_argument_where_the_tool_has_it() {
        let with = json!({"type": "object", "properties": {"action": {}}});
        let without = json!({"type": "object"});
        let body = r#"{"tool":"t","action":"go","args":{"a":1}}"#;
        assert_eq!(
            asked(body).arguments(&with),
            json!({"a": 1, "action": "go"})
        );
        assert_eq!(asked(body).arguments(&without), json!({"a": 1}));
        let own = r#"{"action":"go","args":{"action":null}}"#;
        assert_eq!(asked(own).arguments(&with), json!({"action": null}));
    }

    #[test]
    fn a_tool_is_seen_in_the_beginning_of_a_body() {
        let peeked = |text: &str| peek(text.as_bytes());
        assert_eq!(
            peeked(r#"{"tool":" hello ","args":{"a":"#),
            Some("hello".to_owned())
        );
        let late = r#" {"args":{"tool":"no"},"tool":"hello","x":["#;
        assert_eq!(peeked(late), Some("hello".to_owned()));
        for text in [
            "",
            "{",
            r#"{"args":{"tool":"no"#,
            r#"{"tool":"hel"#,
            "[1",
            r#"{"tool":5,"#,
        ] {
            assert_eq!(peeked(text), None, "{text}");
        }
    }
}
