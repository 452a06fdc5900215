//! What is posted to the connector, and what its answers mean.
//!
//! It must not know how it is posted. The surprise: only what the far side certainly did not take is worth another try.
//! A connection that broke off may have carried the message, and a repeat would say it twice.

use overgrow_sdk::RetryAdvice;
use serde_json::{Value, json};

use crate::reference::Reference;

/// How the text of a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As it stands.
    Plain,
    /// Markdown, which is what the connector takes a text for when nothing is said.
    Markdown,
    /// The few elements of HTML that Teams shows.
    Html,
}

/// What is said: a text, attachments, or both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// The text.
    pub text: Option<String>,
    /// How it is written, when it is not Markdown.
    pub format: Option<&'static str>,
    /// Files and cards.
    pub attachments: Vec<Value>,
}

/// Where in a conversation it is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spot<'a> {
    /// The thread, by the id of its first message.
    pub thread: Option<&'a str>,
    /// The message that is answered.
    pub reply_to: Option<&'a str>,
}

impl Message {
    /// A text.
    pub fn text(text: impl Into<String>, format: Format) -> Self {
        let format = match format {
            Format::Plain => Some("plain"),
            Format::Markdown => None,
            Format::Html => Some("xml"),
        };
        Self {
            text: Some(text.into()),
            format,
            attachments: Vec::new(),
        }
    }

    /// An attachment.
    pub fn attached(attachment: Value) -> Self {
        Self {
            attachments: vec![attachment],
            ..Self::default()
        }
    }

    /// The Activity that says it.
    pub fn activity(&self, reference: &Reference, spot: Spot<'_>) -> Value {
        let mut activity = addressed("message", reference, spot);
        if let Some(text) = &self.text {
            activity["text"] = json!(text);
        }
        if let Some(format) = self.format {
            activity["textFormat"] = json!(format);
        }
        if !self.attachments.is_empty() {
            activity["attachments"] = json!(self.attachments);
        }
        activity
    }
}

/// The Activity that shows that the bot is typing.
pub fn typing(reference: &Reference, spot: Spot<'_>) -> Value {
    addressed("typing", reference, spot)
}

fn addressed(kind: &str, reference: &Reference, spot: Spot<'_>) -> Value {
    let mut activity = json!({
        "type": kind,
        "channelId": reference.channel,
        "serviceUrl": reference.service,
        "from": reference.bot,
        "recipient": reference.user,
        "conversation": {"id": spot.conversation(reference)},
    });
    let more = [
        ("conversationType", &reference.conversation_type),
        ("tenantId", &reference.tenant),
    ];
    for (key, value) in more
        .into_iter()
        .filter_map(|(key, it)| Some((key, it.as_ref()?)))
    {
        activity["conversation"][key] = json!(value);
    }
    if let Some(locale) = &reference.locale {
        activity["locale"] = json!(locale);
    }
    if let Some(message) = spot.reply_to {
        activity["replyToId"] = json!(message);
    }
    activity
}

impl Spot<'_> {
    fn conversation(&self, reference: &Reference) -> String {
        match self.thread {
            Some(thread) => format!("{};messageid={thread}", reference.conversation),
            None => reference.conversation.clone(),
        }
    }

    /// Where an Activity for it is posted. `connector` replaces what the conversation itself says.
    pub fn url(&self, reference: &Reference, connector: Option<&str>) -> String {
        let activities = conversation_url(reference, connector, &self.conversation(reference));
        match self.reply_to {
            Some(message) => format!("{activities}/{}", segment(message)),
            None => activities,
        }
    }
}

/// Where one Activity of ours is changed or taken back.
pub fn activity_url(reference: &Reference, connector: Option<&str>, id: &str) -> String {
    let activities = conversation_url(reference, connector, &reference.conversation);
    format!("{activities}/{}", segment(id))
}

fn conversation_url(reference: &Reference, connector: Option<&str>, id: &str) -> String {
    let base = connector
        .unwrap_or(&reference.service)
        .trim_end_matches('/');
    format!("{base}/v3/conversations/{}/activities", segment(id))
}

/// A segment of a path in which nothing can change the path; what ids are made of stays as it is.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(byte as char),
            b'-' | b'_' | b'~' | b':' | b'@' | b';' | b'=' | b'!' | b',' => out.push(byte as char),
            // A segment of dots alone would climb.
            b'.' if text.bytes().any(|other| other != b'.') => out.push('.'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Whether another try may help after a status; as the legacy sorts them.
pub fn advice(status: u16, retry_after: Option<u64>) -> RetryAdvice {
    match (status, retry_after) {
        (408 | 429 | 500..=599, Some(wait)) => RetryAdvice::After(wait),
        (408 | 429 | 500..=599, None) => RetryAdvice::Backoff,
        _ => RetryAdvice::Never,
    }
}

/// What people are told of a status, beside the status.
pub fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "check msteams appId/appPassword/tenantId",
        404 => "the conversation is not there or the bot is not in it",
        429 => "Teams throttled the bot; backing off may help",
        408 | 500..=599 => "transient Teams/Bot Framework error; retry may succeed",
        _ => "the connector did not take it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::{Party, Place};

    fn reference() -> Reference {
        Reference {
            activity_id: Some("m1".into()),
            user: Party {
                id: Some("29:1".into()),
                name: Some("Ada".into()),
                aad_object_id: None,
            },
            bot: Party {
                id: Some("28:bot".into()),
                name: Some("Bot".into()),
                aad_object_id: None,
            },
            conversation: "19:g@thread.tacv2".into(),
            place: Place::Channel,
            conversation_type: Some("channel".into()),
            tenant: Some("t".into()),
            channel: "msteams".into(),
            service: "https://smba.trafficmanager.net/amer/".into(),
            locale: Some("en-US".into()),
            seen_at: 0,
        }
    }

    #[test]
    fn a_text_is_said_in_its_conversation() {
        let it = reference();
        let spot = Spot::default();
        assert_eq!(
            Message::text("hi", Format::Markdown).activity(&it, spot),
            json!({
                "type": "message", "text": "hi", "channelId": "msteams", "locale": "en-US",
                "serviceUrl": "https://smba.trafficmanager.net/amer/",
                "from": {"id": "28:bot", "name": "Bot"}, "recipient": {"id": "29:1", "name": "Ada"},
                "conversation": {"id": "19:g@thread.tacv2", "conversationType": "channel", "tenantId": "t"},
            })
        );
        assert_eq!(
            spot.url(&it, None),
            "https://smba.trafficmanager.net/amer/v3/conversations/19:g@thread.tacv2/activities"
        );
    }

    #[test]
    fn a_reply_is_said_to_its_message_in_its_thread() {
        let it = reference();
        let spot = Spot {
            thread: Some("17"),
            reply_to: Some("18/x"),
        };
        let activity = Message::text("hi", Format::Html).activity(&it, spot);
        assert_eq!(
            activity["conversation"]["id"],
            "19:g@thread.tacv2;messageid=17"
        );
        assert_eq!(activity["replyToId"], "18/x");
        assert_eq!(activity["textFormat"], "xml");
        assert_eq!(
            spot.url(&it, Some("http://127.0.0.1:1/")),
            "http://127.0.0.1:1/v3/conversations/19:g@thread.tacv2;messageid=17/activities/18%2Fx"
        );
    }

    #[test]
    fn no_id_leads_anywhere_else() {
        let check = |id: &str, expect: &str| assert_eq!(segment(id), expect);
        check("../../admin", "..%2F..%2Fadmin");
        check("..", "%2E%2E");
        check("a?b#c%2f", "a%3Fb%23c%252f");
        check("ü \r\n", "%C3%BC%20%0D%0A");
    }

    #[test]
    fn only_what_was_not_taken_is_tried_again() {
        assert!(matches!(advice(429, Some(2000)), RetryAdvice::After(2000)));
        assert!(matches!(advice(429, None), RetryAdvice::Backoff));
        assert!(matches!(advice(500, None), RetryAdvice::Backoff));
        assert!(matches!(advice(503, Some(1)), RetryAdvice::After(1)));
        for status in [400, 401, 403, 404, 409, 413] {
            assert!(
                matches!(advice(status, Some(1)), RetryAdvice::Never),
                "{status}"
            );
        }
    }
}
