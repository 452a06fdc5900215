//! A line that the listening program prints: one message.
//!
//! It must not know the host.

use serde::Deserialize;
use serde_json::Number;

use crate::target::Thread;

/// A message that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) id: String,
    pub(crate) thread: Thread,
    pub(crate) thread_name: Option<String>,
    pub(crate) sender: String,
    pub(crate) sender_name: Option<String>,
    pub(crate) text: String,
    /// Unix ms; `None` when the program did not say.
    pub(crate) sent_at: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    thread_id: Id,
    msg_id: Option<Id>,
    cli_msg_id: Option<Id>,
    content: String,
    timestamp: Option<f64>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    is_group: bool,
    thread_name: Option<String>,
    sender_name: Option<String>,
    from_id: Option<Id>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(Number),
}

impl Id {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Reads a line. `None` for whatever is no message: the program's log, a message without words.
pub(crate) fn read(line: &str) -> Option<Incoming> {
    let line: Line = serde_json::from_str(line.trim()).ok()?;
    let text = line.content.trim();
    (!text.is_empty()).then(|| line.incoming())
}

impl Line {
    fn incoming(self) -> Incoming {
        let metadata = self.metadata.unwrap_or_default();
        let thread = self.thread_id.text();
        let stamp = self.timestamp.unwrap_or_default();
        let id = self.msg_id.or(self.cli_msg_id).map(Id::text);
        let named = |name: Option<String>| name.filter(|name| !name.is_empty());
        Incoming {
            // Two people may write in the same second.
            id: id.unwrap_or_else(|| format!("{thread}/{stamp}")),
            sender: metadata.from_id.map_or_else(|| thread.clone(), Id::text),
            sender_name: named(metadata.sender_name),
            thread_name: named(metadata.thread_name),
            thread: Thread {
                id: thread,
                is_group: metadata.is_group,
            },
            text: self.content.trim().to_owned(),
            sent_at: (stamp > 0.0).then_some((stamp * 1000.0) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_a_group_has_its_sender() {
        let line = r#"{"threadId":"g1","msgId":77,"type":1,"content":" hi ","timestamp":1700000000,
            "metadata":{"isGroup":true,"threadName":"Club","senderName":"Ann","fromId":"u1"}}"#;
        let incoming = read(line).expect("a message");
        assert_eq!(
            (&*incoming.id, &*incoming.sender, &*incoming.text),
            ("77", "u1", "hi")
        );
        assert_eq!(incoming.thread.target(), "group:g1");
        assert_eq!(incoming.thread_name.as_deref(), Some("Club"));
        assert_eq!(incoming.sent_at, Some(1_700_000_000_000));
    }

    #[test]
    fn a_direct_message_is_from_its_thread() {
        let incoming =
            read(r#"{"threadId":"u2","type":1,"content":"x","timestamp":5}"#).expect("a message");
        assert_eq!((&*incoming.sender, &*incoming.id), ("u2", "u2/5"));
        assert_eq!(incoming.thread.target(), "u2");
    }

    #[test]
    fn what_is_no_message_is_nothing() {
        let lines = [
            "",
            "INFO connected",
            "{}",
            r#"{"threadId":"u","content":" ","timestamp":1}"#,
            "[1]",
            "null",
        ];
        assert!(lines.iter().all(|line| read(line).is_none()));
    }
}
