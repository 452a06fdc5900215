//! The few frames of the gateway's protocol that a bridge speaks: JSON texts, requests and answers matched by id.
//!
//! It must not know of sockets. The surprise: the gateway refuses a key that it does not know at any level, so nothing
//! is added that is not needed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::verdict::Refusal;
use crate::{Target, Wake};

/// The version of the protocol that is spoken.
const PROTOCOL: u32 = 3;

/// What a frame from the gateway is.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// The question that comes first.
    Challenge,
    /// The answer to the request of that id.
    Answer(String, Result<Value, Refusal>),
    /// Ticks, health and the rest, which nobody asked for.
    Other,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    event: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    error: Refusal,
}

/// Reads a frame; `None` for what is none.
pub(crate) fn read(text: &str) -> Option<Incoming> {
    let frame: Frame = serde_json::from_str(text).ok()?;
    Some(match (&*frame.kind, &*frame.event) {
        ("res", _) if frame.ok => Incoming::Answer(frame.id, Ok(frame.payload)),
        ("res", _) => Incoming::Answer(frame.id, Err(frame.error)),
        ("event", "connect.challenge") => Incoming::Challenge,
        _ => Incoming::Other,
    })
}

/// What wakes and channels need, and messages and turns.
pub(crate) const EVERYDAY: &[&str] = &["operator.read", "operator.write"];

/// What every method needs, those of plugins among them.
pub(crate) const EVERYTHING: &[&str] = &["operator.admin"];

/// The first request.
pub(crate) fn connect(id: &str, target: &Target, scopes: &[&str]) -> String {
    let params = json!({
        "minProtocol": PROTOCOL,
        "maxProtocol": PROTOCOL,
        "client": {
            "id": "gateway-client",
            "displayName": "overgrow",
            "version": env!("CARGO_PKG_VERSION"),
            "platform": std::env::consts::OS,
            "mode": "backend",
        },
        "role": "operator",
        "scopes": scopes,
        "auth": auth(target),
    });
    request(id, "connect", params)
}

/// Without a device, the gateway wants to see some token before it looks at the password.
fn auth(target: &Target) -> Value {
    match (&target.gateway_token, &target.password) {
        (Some(token), Some(password)) => {
            json!({ "token": token.reveal(), "password": password.reveal() })
        }
        (Some(token), None) => json!({ "token": token.reveal() }),
        (None, Some(password)) => json!({ "token": "none", "password": password.reveal() }),
        (None, None) => json!({}),
    }
}

/// A system event.
pub(crate) fn wake(id: &str, wake: &Wake) -> String {
    request(id, "wake", json!({ "text": wake.text, "mode": wake.mode }))
}

/// The question for the channels.
pub(crate) fn channels_status(id: &str) -> String {
    request(id, "channels.status", json!({}))
}

/// Whether an answer says that the work has only begun.
pub(crate) fn is_begun(answer: &Result<Value, Refusal>) -> bool {
    let status = answer
        .as_ref()
        .ok()
        .and_then(|payload| payload.get("status"));
    matches!(status.and_then(Value::as_str), Some("accepted"))
}

/// A request.
pub(crate) fn request(id: &str, method: &str, params: Value) -> String {
    json!({ "type": "req", "id": id, "method": method, "params": params }).to_string()
}

/// The channels' ids in the answer to [`channels_status`]; `None` when it does not tell.
pub(crate) fn channel_order(payload: &Value) -> Option<Vec<String>> {
    let order = payload.get("channelOrder")?.as_array()?;
    let ids = order.iter().map(|id| id.as_str().map(str::to_owned));
    ids.collect()
}

/// The largest frame that the gateway takes, bytes, as its greeting has it.
pub(crate) fn largest(hello: &Value) -> usize {
    /// What 2026.1.29 takes.
    const USUAL: u64 = 512 * 1024;
    let told = hello["policy"]["maxPayload"].as_u64().unwrap_or(USUAL);
    usize::try_from(told).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let check = |text: &str, expect: Option<Incoming>| assert_eq!(read(text), expect, "{text}");
        let challenge = r#"{"type":"event","event":"connect.challenge","payload":{"nonce":"n"}}"#;
        check(challenge, Some(Incoming::Challenge));
        check(
            r#"{"type":"event","event":"tick","seq":1}"#,
            Some(Incoming::Other),
        );
        let ok = Incoming::Answer("7".to_owned(), Ok(json!({"ok": true})));
        check(
            r#"{"type":"res","id":"7","ok":true,"payload":{"ok":true}}"#,
            Some(ok),
        );
        let refusal = Refusal {
            code: "INVALID_REQUEST".to_owned(),
            message: "no".to_owned(),
            ..Refusal::default()
        };
        let refused = Incoming::Answer("7".to_owned(), Err(refusal));
        let text = r#"{"type":"res","id":"7","ok":false,"error":{"code":"INVALID_REQUEST","message":"no"}}"#;
        check(text, Some(refused));
        check("garbage", None);
        check("[]", None);
        check(r#"{"type":"res","id":7}"#, None);
    }

    #[test]
    fn channels_are_ids_or_unknown() {
        assert_eq!(channel_order(&json!({"channelOrder": []})), Some(vec![]));
        let two = json!({"channelOrder": ["telegram", "line"]});
        assert_eq!(channel_order(&two).unwrap(), ["telegram", "line"]);
        assert_eq!(channel_order(&json!({"channelOrder": [1]})), None);
        assert_eq!(channel_order(&json!({})), None);
    }
}
