//! Carries what no plugin does: by the legacy gateway's own method `send`.
//!
//! It must not know how the gateway is reached. The surprise: the gateway remembers a failure under its key for five
//! minutes and would only tell it again, so a try after a failure needs another key; and one whose answer did not come
//! needs the same.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use overgrow_bridge::{Gateway, RpcError};
use serde_json::{Map, Value, json};

use crate::delivery::{Attempt, Carrier, Delivery, Receipt, Retry};
use crate::{Attachment, Message, Source};

/// Less than the outbox's own patience, so that it is the gateway that is told to have been late.
const PATIENCE: Duration = Duration::from_secs(50);

/// Carries by the legacy's `send`. It knows neither threads nor replies nor silence: there these are left out.
#[derive(Debug, Clone)]
pub struct ByLegacy(Gateway);

/// Who carries the messages of a channel, where it is not the legacy.
pub type Natives = Arc<dyn Fn(&str) -> Option<Arc<dyn Carrier>> + Send + Sync>;

/// Carries each message by its channel's own carrier, and those without one by the legacy.
#[derive(Clone)]
pub struct Fork {
    natives: Natives,
    legacy: ByLegacy,
}

impl ByLegacy {
    /// Over this gateway, which needs everyday reach.
    pub fn new(gateway: Gateway) -> Self {
        Self(gateway)
    }
}

impl Fork {
    /// `natives` is asked at every try, so that a channel may change hands.
    pub fn new(natives: Natives, gateway: Gateway) -> Self {
        Self {
            natives,
            legacy: ByLegacy::new(gateway),
        }
    }
}

#[async_trait]
impl Carrier for Fork {
    async fn deliver(&self, message: &Message, attempt: &Attempt) -> Delivery {
        match (self.natives)(&message.channel) {
            Some(native) => native.deliver(message, attempt).await,
            None => self.legacy.deliver(message, attempt).await,
        }
    }
}

#[async_trait]
impl Carrier for ByLegacy {
    async fn deliver(&self, message: &Message, attempt: &Attempt) -> Delivery {
        match params(message, &attempt.key) {
            Ok(params) => match self.0.call("send", params, PATIENCE).await {
                Ok(payload) => Delivery::Sent(receipt(payload)),
                Err(error) => failure(&error),
            },
            Err(reason) => Delivery::Rejected { reason },
        }
    }
}

/// What `send` is asked. It refuses a key that it does not know.
///
/// # Errors
/// Says what it cannot send.
fn params(message: &Message, key: &str) -> Result<Value, String> {
    let content = &message.content;
    // It wants a text, and then trims it away.
    let text = if content.text.is_empty() {
        " "
    } else {
        &content.text
    };
    let mut params = json!({
        "channel": message.channel,
        "to": message.to,
        "message": text,
        "idempotencyKey": key,
    });
    let urls: Vec<_> = content
        .attachments
        .iter()
        .map(url)
        .collect::<Result<_, _>>()?;
    match &urls[..] {
        [] => {}
        [url] => params["mediaUrl"] = json!(url),
        urls => params["mediaUrls"] = json!(urls),
    }
    if let Some(account) = &message.account {
        params["accountId"] = json!(account);
    }
    if let Some(session) = &message.session {
        params["sessionKey"] = json!(session);
    }
    Ok(params)
}

fn url(attachment: &Attachment) -> Result<&str, String> {
    match &attachment.source {
        Source::Url(url) => Ok(url),
        Source::Media(id) => Err(format!("the legacy takes attachments by URL, not {id}")),
    }
}

fn receipt(payload: Value) -> Receipt {
    let Value::Object(mut said) = payload else {
        return Receipt::default();
    };
    let id = said.remove("messageId").as_ref().and_then(text);
    for known in ["runId", "channel"] {
        said.remove(known);
    }
    Receipt {
        message_ids: id.into_iter().collect(),
        conversation: conversation(&said),
        sent_at: None,
        extra: said,
    }
}

/// Each channel calls it otherwise.
fn conversation(said: &Map<String, Value>) -> Option<String> {
    let names = ["conversationId", "chatId", "channelId", "toJid"];
    names.iter().find_map(|name| said.get(*name).and_then(text))
}

/// Some channels have numbers for ids.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn failure(error: &RpcError) -> Delivery {
    let reason = error.to_string();
    match error {
        RpcError::Away(_) => Delivery::Away { reason },
        RpcError::Broken | RpcError::Timeout(_) => Delivery::Unknown { reason },
        RpcError::TooLarge { .. } => Delivery::Rejected { reason },
        RpcError::Refused { code, message, .. }
            if code == "INVALID_REQUEST" && is_of_the_message(message) =>
        {
            Delivery::Rejected {
                reason: message.clone(),
            }
        }
        RpcError::Refused { retry_after, .. } => Delivery::Failed {
            retry: retry_after.map_or(Retry::Backoff, Retry::After),
            reason,
        },
    }
}

/// A refusal of ourselves is for an operator to mend, and the message may wait for that.
fn is_of_the_message(refusal: &str) -> bool {
    let of_the_caller = ["missing scope", "unauthorized role", "unknown method"];
    !of_the_caller.iter().any(|start| refusal.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;

    fn message() -> Message {
        Message {
            channel: "telegram".to_owned(),
            to: "42".to_owned(),
            content: Content::text("hello"),
            ..Message::default()
        }
    }

    fn with(sources: &[Source]) -> Message {
        let mut message = message();
        message.content.attachments = sources
            .iter()
            .map(|source| Attachment {
                source: source.clone(),
                filename: None,
                content_type: None,
            })
            .collect();
        message
    }

    #[test]
    fn send_is_asked_for_no_more_than_it_knows() {
        let check = |message: Message, expect: Value| {
            assert_eq!(params(&message, "k").unwrap(), expect);
        };
        let plain =
            json!({"channel": "telegram", "to": "42", "message": "hello", "idempotencyKey": "k"});
        check(message(), plain.clone());
        let one = Source::Url("https://a.example/1".to_owned());
        let mut expect = plain.clone();
        expect["mediaUrl"] = json!("https://a.example/1");
        check(with(std::slice::from_ref(&one)), expect);
        let mut expect = plain.clone();
        expect["mediaUrls"] = json!(["https://a.example/1", "https://a.example/1"]);
        check(with(&[one.clone(), one]), expect);
        let mut expect = plain;
        expect["accountId"] = json!("b");
        expect["sessionKey"] = json!("agent:main:main");
        let more = Message {
            account: Some("b".to_owned()),
            session: Some("agent:main:main".to_owned()),
            reply_to: Some("7".to_owned()),
            ..message()
        };
        check(more, expect);
        assert!(params(&with(&[Source::Media("x".to_owned())]), "k").is_err());
    }

    #[test]
    fn an_answer_becomes_a_receipt() {
        let said = json!({"runId": "k", "messageId": 7, "channel": "telegram", "chatId": "42"});
        let receipt = receipt(said);
        assert_eq!(receipt.message_ids, ["7"]);
        assert_eq!(receipt.conversation.as_deref(), Some("42"));
        assert_eq!(Value::from(receipt.extra), json!({"chatId": "42"}));
    }

    #[test]
    fn a_failure_says_what_is_certain() {
        let refused = |code: &str, message: &str| RpcError::Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            retryable: false,
            retry_after: None,
        };
        let check = |error: RpcError, expect: fn(&Delivery) -> bool| {
            assert!(expect(&failure(&error)), "{error:?}");
        };
        check(RpcError::Away("x".to_owned()), |d| {
            matches!(d, Delivery::Away { .. })
        });
        check(RpcError::Broken, |d| matches!(d, Delivery::Unknown { .. }));
        let unsupported = refused("INVALID_REQUEST", "unsupported channel: x");
        check(
            unsupported,
            |d| matches!(d, Delivery::Rejected { reason } if reason == "unsupported channel: x"),
        );
        let scope = refused("INVALID_REQUEST", "missing scope: operator.write");
        check(scope, |d| matches!(d, Delivery::Failed { .. }));
        check(refused("UNAVAILABLE", "Error"), |d| {
            matches!(
                d,
                Delivery::Failed {
                    retry: Retry::Backoff,
                    ..
                }
            )
        });
    }
}
