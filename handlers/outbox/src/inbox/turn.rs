//! An agent's turn at the legacy, as something that is carried: out goes what a person said, back comes what the agent
//! says, and that goes to the outbox.
//!
//! It must not know who may speak. The surprise: the gateway's second answer to `agent` reaches only the connection that
//! asked, so the end is waited for with `agent.wait`, and asked for again under the same key, which gives the result
//! whoever asked first. The gateway remembers a key for five minutes only, so a turn that runs longer is not asked for
//! before it has ended.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use overgrow_bridge::{Gateway, RpcError};
use overgrow_handler::Effects;
use overgrow_settings::Live;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::shelves;
use crate::delivery::{Attempt, Carrier, Delivery, Receipt, Retry};
use crate::{Attachment, Content, Message, Outbox, OutboxError};

/// How long the gateway may take to accept a turn, or to give the result of one that has ended.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long one question for the end waits.
const WAIT: Duration = Duration::from_secs(20);

/// How long after it accepted a turn the gateway surely knows its key.
const REMEMBERS: Duration = Duration::from_secs(4 * 60);

/// Between the end of a turn and its result.
const MOMENT: Duration = Duration::from_millis(100);

/// Carries what people said to the agent.
pub(crate) struct Turns {
    gateway: Gateway,
    replies: Outbox,
    settings: Live,
}

impl Turns {
    pub(crate) fn new(gateway: Gateway, replies: Outbox, settings: Live) -> Self {
        Self {
            gateway,
            replies,
            settings,
        }
    }

    /// The payloads of a turn, when it has ended well.
    async fn run(&self, message: &Message, key: &str) -> Result<Vec<Value>, RpcError> {
        let mut params = params(message, key);
        loop {
            let answer = match self.ask(params.clone()).await {
                Err(error) if is_of_channel(&error) && params["channel"].is_string() => {
                    // A channel that was handed over is none of the gateway's any more.
                    params["channel"] = Value::Null;
                    self.ask(without_nulls(params.clone())).await
                }
                answered => answered,
            }?;
            if answer["status"] != "accepted" {
                return Ok(payloads(answer));
            }
            params = without_nulls(params);
            self.until_ended(key, &answer).await?;
        }
    }

    async fn ask(&self, params: Value) -> Result<Value, RpcError> {
        self.gateway.call("agent", params, PATIENCE).await
    }

    /// Returns when a turn has ended, or may have without our having heard, and its key is still known.
    async fn until_ended(&self, key: &str, accepted: &Value) -> Result<(), RpcError> {
        loop {
            let wait = json!({"runId": key, "timeoutMs": WAIT.as_millis() as u64});
            let ended = self
                .gateway
                .call("agent.wait", wait, WAIT + PATIENCE)
                .await?;
            if ended["status"] != "timeout" {
                sleep(MOMENT).await;
                return Ok(());
            }
            if age(accepted, SystemTime::now()) < REMEMBERS {
                return Ok(());
            }
        }
    }

    /// Sends what the agent said. Once per turn: each part has a key.
    async fn reply(
        &self,
        to: &Message,
        turn: &str,
        payloads: Vec<Value>,
    ) -> Result<(), OutboxError> {
        for (place, payload) in payloads.into_iter().enumerate() {
            let content = self.content(&payload);
            if content.is_empty() {
                continue;
            }
            let reply = Message {
                channel: to.channel.clone(),
                account: to.account.clone(),
                to: to.to.clone(),
                thread: to.thread.clone(),
                content,
                ..Message::default()
            };
            let key = format!("re\u{1f}{turn}\u{1f}{place}");
            match self
                .replies
                .post(&Effects::performing(), reply, Some(key))
                .await
            {
                // The turn ran twice and the agent says it otherwise: once is enough.
                Ok(_) | Err(OutboxError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Turns {
    fn content(&self, payload: &Value) -> Content {
        let state = self.settings.load().map(|settings| settings.state.clone());
        content(payload, &state.unwrap_or_default())
    }
}

#[async_trait]
impl Carrier for Turns {
    async fn deliver(&self, message: &Message, attempt: &Attempt) -> Delivery {
        let payloads = match self.run(message, &attempt.key).await {
            Ok(payloads) => payloads,
            Err(error) => return failure(&error),
        };
        match self.reply(message, &attempt.id, payloads).await {
            Ok(()) => Delivery::Sent(Receipt::default()),
            // Under the same key the gateway gives the same result again.
            Err(error) => Delivery::Unknown {
                reason: format!("the reply was not taken: {error}"),
            },
        }
    }
}

fn params(message: &Message, key: &str) -> Value {
    without_nulls(json!({
        "message": message.content.text,
        "sessionKey": message.session,
        "channel": message.channel,
        "accountId": message.account,
        "to": message.to,
        "threadId": message.thread,
        "deliver": false,
        "idempotencyKey": key,
    }))
}

fn without_nulls(mut params: Value) -> Value {
    if let Value::Object(fields) = &mut params {
        fields.retain(|_, value| !value.is_null());
    }
    params
}

fn is_of_channel(error: &RpcError) -> bool {
    matches!(error, RpcError::Refused { message, .. } if message.contains("unknown channel"))
}

fn payloads(mut answer: Value) -> Vec<Value> {
    match answer["result"]["payloads"].take() {
        Value::Array(payloads) => payloads,
        _ => Vec::new(),
    }
}

fn content(payload: &Value, state: &Path) -> Content {
    let text = payload["text"].as_str().unwrap_or_default().trim();
    let many = payload["mediaUrls"].as_array().cloned().unwrap_or_default();
    let one = payload["mediaUrl"].as_str().map(str::to_owned);
    let urls = many.iter().filter_map(Value::as_str).map(str::to_owned);
    let mut urls: Vec<_> = urls.collect();
    if urls.is_empty() {
        urls.extend(one);
    }
    Content {
        attachments: urls
            .iter()
            .filter_map(|url| attachment(url, state))
            .collect(),
        ..Content::text(text)
    }
}

fn attachment(url: &str, state: &Path) -> Option<Attachment> {
    let Some(source) = shelves::source(state, url) else {
        tracing::warn!("an agent attached a file outside the media store, which is left out");
        return None;
    };
    Some(Attachment {
        source,
        filename: None,
        content_type: None,
    })
}

/// How long ago a turn was accepted, as the gateway has it.
fn age(accepted: &Value, now: SystemTime) -> Duration {
    let since = accepted["acceptedAt"].as_u64().map(Duration::from_millis);
    let since = since.and_then(|since| UNIX_EPOCH.checked_add(since));
    since
        .and_then(|since| now.duration_since(since).ok())
        .unwrap_or_default()
}

fn failure(error: &RpcError) -> Delivery {
    let reason = error.to_string();
    match error {
        RpcError::Away(_) => Delivery::Away { reason },
        RpcError::Broken | RpcError::Timeout(_) => Delivery::Unknown { reason },
        RpcError::TooLarge { .. } => Delivery::Rejected { reason },
        RpcError::Refused { code, message, .. }
            if code == "INVALID_REQUEST" && !is_of_us(message) =>
        {
            Delivery::Rejected { reason }
        }
        RpcError::Refused { retry_after, .. } => Delivery::Failed {
            retry: retry_after.map_or(Retry::Backoff, Retry::After),
            reason,
        },
    }
}

fn is_of_us(refusal: &str) -> bool {
    let of_the_caller = ["missing scope", "unauthorized role", "unknown method"];
    of_the_caller.iter().any(|start| refusal.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_words_become_content() {
        let said = json!({"text": " hi ", "mediaUrl": "https://a.example/1", "mediaUrls": ["https://a.example/1"]});
        let content = content(&said, Path::new("/s"));
        assert_eq!((&*content.text, content.attachments.len()), ("hi", 1));
        assert!(super::content(&json!({"text": "", "mediaUrl": null}), Path::new("/s")).is_empty());
        assert_eq!(payloads(json!({"result": {"payloads": [1]}})), [json!(1)]);
        assert_eq!(payloads(json!({})), Vec::<Value>::new());
    }

    #[test]
    fn a_turn_is_asked_for_without_what_is_not_known() {
        let message = Message {
            channel: "zalo".to_owned(),
            to: "42".to_owned(),
            session: Some("agent:main:main".to_owned()),
            content: Content::text("hello"),
            ..Message::default()
        };
        let expected = json!({"message": "hello", "sessionKey": "agent:main:main", "channel": "zalo",
            "to": "42", "deliver": false, "idempotencyKey": "k"});
        assert_eq!(params(&message, "k"), expected);
    }
}
