//! A client device with a key of its own, for recordings in which one introduces itself.
//!
//! It must not know the connection. The surprise: what was recorded wrong on purpose (a foreign id, a stale nonce, a signature
//! that is none) stays wrong; only what was right is made anew, since signatures cover the time and the gateway's challenge.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// The length of an Ed25519 signature in base64url; anything shorter was recorded as a bad one.
const SIGNATURE: usize = 86;

/// An Ed25519 key and the id that the gateway derives from it.
pub struct Device {
    key: SigningKey,
    id: String,
}

/// The challenge of the recording and the one just received.
#[derive(Clone, Copy)]
pub struct Nonces<'a> {
    /// What the recorded client was asked.
    pub recorded: &'a str,
    /// What this client was asked.
    pub received: &'a str,
}

impl Device {
    /// A device nobody has seen before.
    pub fn fresh() -> Self {
        let key = SigningKey::from_bytes(&std::array::from_fn(|_| fastrand::u8(..)));
        let id = Sha256::digest(key.verifying_key())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self { key, id }
    }

    /// Makes a recorded `connect` frame's device block this device's. Frames without one stay as they are.
    pub fn introduce(&self, frame: &mut Value, nonces: Nonces<'_>) -> Result<()> {
        let Some(params) = frame
            .get_mut("params")
            .filter(|params| params.get("device").is_some())
        else {
            return Ok(());
        };
        let device = params["device"].as_object_mut().context("a device block")?;
        let signed = device["signature"]
            .as_str()
            .is_some_and(|s| s.len() == SIGNATURE);
        if device["id"]
            .as_str()
            .is_some_and(|id| id.len() == self.id.len())
        {
            device.insert("id".to_owned(), self.id.clone().into());
            device.insert(
                "publicKey".to_owned(),
                URL_SAFE_NO_PAD.encode(self.key.verifying_key()).into(),
            );
        }
        device.insert("signedAt".to_owned(), now()?.into());
        if device
            .get("nonce")
            .is_some_and(|nonce| nonce == nonces.recorded)
        {
            device.insert("nonce".to_owned(), nonces.received.into());
        }
        if signed {
            let signature = self.key.sign(statement(params).as_bytes()).to_bytes();
            params["device"]["signature"] = URL_SAFE_NO_PAD.encode(signature).into();
        }
        Ok(())
    }
}

/// What a device signs: its second version carries the nonce, its first had none.
fn statement(params: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (client, device) = (&params["client"], &params["device"]);
    let scopes = params["scopes"]
        .as_array()
        .map(|all| all.iter().map(text).collect::<Vec<_>>().join(","))
        .unwrap_or_default();
    let nonce = device.get("nonce");
    let mut parts = vec![
        if nonce.is_some() { "v2" } else { "v1" }.to_owned(),
        text(&device["id"]),
        text(&client["id"]),
        text(&client["mode"]),
        params["role"].as_str().unwrap_or("operator").to_owned(),
        scopes,
        device["signedAt"].to_string(),
        text(&params["auth"]["token"]),
    ];
    parts.extend(nonce.map(text));
    parts.join("|")
}

fn now() -> Result<u64> {
    Ok(SystemTime::now()
        .duration_since(UNIX_EPOCH)?
        .as_millis()
        .try_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_wrong_on_purpose_stays_wrong() {
        let mut frame = json!({"params": {"device": {"id": "x", "publicKey": "AAAA", "signature": "s", "signedAt": 1, "nonce": "zzz"}}});
        Device::fresh()
            .introduce(
                &mut frame,
                Nonces {
                    recorded: "a",
                    received: "b",
                },
            )
            .unwrap();
        let device = &frame["params"]["device"];
        assert_eq!(
            (&device["id"], &device["signature"], &device["nonce"]),
            (&json!("x"), &json!("s"), &json!("zzz"))
        );
    }

    #[test]
    fn the_statement_names_everything_that_is_granted() {
        let params = json!({"client": {"id": "cli", "mode": "cli"}, "scopes": ["a", "b"], "auth": {"token": "t"},
            "device": {"id": "d", "signedAt": 5, "nonce": "n"}});
        assert_eq!(statement(&params), "v2|d|cli|cli|operator|a,b|5|t|n");
    }
}
