//! Reads what a client posts.
//!
//! It decides and touches nothing. Names that are not known are refused, as the gateway does: a misspelt option that is
//! passed over sends something else than was meant.

use http::HeaderMap;
use overgrow_outbox::{Attachment, Content, Format, Message, Notice, Source};
use serde::Deserialize;

use crate::answer::Refusal;

/// A message, and the key that it has.
#[derive(Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) message: Message,
    pub(crate) key: Option<String>,
}

/// Bytes that a key may have, and a channel's id or an account: longer ones are mistakes.
const LONGEST_NAME: usize = 256;

/// Bytes that an addressee may have: some are long, none is a text.
const LONGEST_TARGET: usize = 2_048;

/// Attachments of one message.
const MOST_MEDIA: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Posted {
    channel: String,
    target: String,
    content: PostedContent,
    idempotency_key: Option<String>,
    account_id: Option<String>,
    thread_id: Option<String>,
    reply_to: Option<String>,
    media_url: Option<String>,
    #[serde(default)]
    media_urls: Vec<String>,
    #[serde(default)]
    silent: bool,
    session_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text or an object of text, format, mediaUrl and mediaUrls"
)]
enum PostedContent {
    Text(String),
    Rich(Rich),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rich {
    #[serde(default)]
    text: String,
    #[serde(default)]
    format: Format,
    media_url: Option<String>,
    #[serde(default)]
    media_urls: Vec<String>,
}

impl Form {
    /// Reads a body; the key may be in the header `Idempotency-Key`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn read(body: &[u8], headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let posted: Posted =
            serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(&error))?;
        json.end()
            .map_err(|error| Refusal::bad(error.to_string()))?;
        let key = named("idempotencyKey", posted.idempotency_key.clone())?;
        let key = match key {
            Some(key) => Some(key),
            None => named("Idempotency-Key", header(headers)?)?,
        };
        let message = posted.message()?;
        Ok(Self { message, key })
    }
}

impl Posted {
    fn message(self) -> Result<Message, Refusal> {
        let target = self.target.trim();
        if target.is_empty() || target.len() > LONGEST_TARGET {
            return Err(Refusal::bad(format!(
                "target: 1 to {LONGEST_TARGET} bytes are expected"
            )));
        }
        let channel = named("channel", Some(self.channel.to_lowercase()))?;
        Ok(Message {
            channel: channel.unwrap_or_default(),
            to: target.to_owned(),
            account: optional("accountId", self.account_id)?,
            thread: optional("threadId", self.thread_id)?,
            reply_to: optional("replyTo", self.reply_to)?,
            session: optional("sessionKey", self.session_key)?,
            notice: match self.silent {
                true => Notice::Silent,
                false => Notice::Usual,
            },
            content: content(self.content, self.media_url, self.media_urls)?,
        })
    }
}

fn content(
    posted: PostedContent,
    url: Option<String>,
    urls: Vec<String>,
) -> Result<Content, Refusal> {
    let rich = match posted {
        PostedContent::Rich(rich) => rich,
        PostedContent::Text(text) => Rich {
            text,
            format: Format::default(),
            media_url: None,
            media_urls: Vec::new(),
        },
    };
    let inner = rich.media_url.into_iter().chain(rich.media_urls);
    let all: Vec<_> = inner.chain(url).chain(urls).collect();
    let content = Content {
        text: rich.text.trim().to_owned(),
        format: rich.format,
        attachments: all.into_iter().map(attachment).collect::<Result<_, _>>()?,
    };
    if content.attachments.len() > MOST_MEDIA {
        return Err(Refusal::bad(format!("mediaUrls: more than {MOST_MEDIA}")));
    }
    if content.is_empty() {
        return Err(Refusal::bad("content: a text or a mediaUrl is required"));
    }
    Ok(content)
}

fn attachment(url: String) -> Result<Attachment, Refusal> {
    let uri: Option<http::Uri> = url.parse().ok();
    let is_web = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    if !is_web {
        // The legacy would take a path for a file of its own machine's, which is not for callers over HTTP to name.
        return Err(Refusal::bad("mediaUrl: an http or https URL is expected"));
    }
    Ok(Attachment {
        source: Source::Url(url),
        filename: None,
        content_type: None,
    })
}

/// A name that is there, trimmed.
///
/// # Errors
/// When it is empty or too long.
fn named(field: &str, value: Option<String>) -> Result<Option<String>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let trimmed = value.trim();
    let fits = (1..=LONGEST_NAME).contains(&trimmed.len()) && !trimmed.contains(char::is_control);
    match fits {
        true => Ok(Some(trimmed.to_owned())),
        false => Err(Refusal::bad(format!(
            "{field}: 1 to {LONGEST_NAME} bytes without control characters are expected"
        ))),
    }
}

/// Like [`named`]; an empty one is none, as at the gateway.
fn optional(field: &str, value: Option<String>) -> Result<Option<String>, Refusal> {
    named(field, value.filter(|value| !value.trim().is_empty()))
}

fn header(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value.to_str().map(str::to_owned);
    let text = text.map_err(|_| Refusal::bad("Idempotency-Key: ASCII is expected"))?;
    Ok(Some(text))
}

fn wrong(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let path = error.path().to_string();
    match &*path {
        "." => Refusal::bad(error.inner().to_string()),
        _ => Refusal::bad(format!("{path}: {}", error.inner())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<Form, Refusal> {
        Form::read(body.to_string().as_bytes(), &HeaderMap::new())
    }

    #[test]
    fn a_text_is_a_message() {
        let form = read(&json!({"channel": " Zalo ", "target": " 42 ", "content": " hello "}));
        let message = Message {
            channel: "zalo".to_owned(),
            to: "42".to_owned(),
            content: Content::text("hello"),
            ..Message::default()
        };
        assert_eq!(form.unwrap(), Form { message, key: None });
    }

    #[test]
    fn every_option_has_its_place() {
        let form = read(
            &json!({"channel": "zalo", "target": "42", "idempotencyKey": "k",
            "accountId": "b", "threadId": "t", "replyTo": "7", "silent": true, "sessionKey": "s",
            "mediaUrl": "https://a.example/2",
            "content": {"text": "x", "format": "plain", "mediaUrl": "https://a.example/1"}}),
        );
        let Form { message, key } = form.unwrap();
        assert_eq!(key.as_deref(), Some("k"));
        assert_eq!(message.account.as_deref(), Some("b"));
        assert_eq!(message.thread.as_deref(), Some("t"));
        assert_eq!(message.reply_to.as_deref(), Some("7"));
        assert_eq!(message.session.as_deref(), Some("s"));
        assert_eq!(message.notice, Notice::Silent);
        assert_eq!(message.content.format, Format::Plain);
        let urls: Vec<_> = message
            .content
            .attachments
            .iter()
            .map(|a| &a.source)
            .collect();
        let url = |number| Source::Url(format!("https://a.example/{number}"));
        assert_eq!(urls, [&url(1), &url(2)]);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let check = |body: Value, expect: &str| {
            let told = read(&body).unwrap_err().message;
            assert!(told.contains(expect), "{told}");
        };
        check(
            json!({"target": "1", "content": "x"}),
            "missing field `channel`",
        );
        check(
            json!({"channel": "z", "content": "x"}),
            "missing field `target`",
        );
        check(
            json!({"channel": "z", "target": "1"}),
            "missing field `content`",
        );
        check(
            json!({"channel": "z", "target": " ", "content": "x"}),
            "target: 1 to 2048",
        );
        check(
            json!({"channel": "", "target": "1", "content": "x"}),
            "channel: 1 to 256",
        );
        check(
            json!({"channel": "z", "target": 1, "content": "x"}),
            "target: invalid type",
        );
        check(
            json!({"channel": "z", "target": "1", "content": " "}),
            "content: a text",
        );
        check(
            json!({"channel": "z", "target": "1", "content": 7}),
            "content: expected a text or",
        );
        check(
            json!({"channel": "z", "target": "1", "content": "x", "slient": true}),
            "unknown field `slient`",
        );
        check(
            json!({"channel": "z", "target": "1", "content": "x", "idempotencyKey": ""}),
            "idempotencyKey: 1",
        );
        check(
            json!({"channel": "z", "target": "1", "content": "x", "mediaUrl": "/etc/passwd"}),
            "mediaUrl: an http",
        );
        check(
            json!({"channel": "z", "target": "1", "content": "x", "mediaUrl": "file:///x"}),
            "mediaUrl: an http",
        );
        check(json!([]), "invalid length 0");
        assert!(Form::read(b"{", &HeaderMap::new()).is_err());
    }

    #[test]
    fn the_key_may_be_a_header_and_the_body_wins() {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", "h".parse().unwrap());
        let check = |body: Value, expect: &str| {
            let form = Form::read(body.to_string().as_bytes(), &headers).unwrap();
            assert_eq!(form.key.as_deref(), Some(expect));
        };
        check(json!({"channel": "z", "target": "1", "content": "x"}), "h");
        check(
            json!({"channel": "z", "target": "1", "content": "x", "idempotencyKey": "b"}),
            "b",
        );
    }
}
