//! A `connect` as it is asked for, once its form is known to be right.
//!
//! It must not judge it.

use super::json::Json;
use super::{Failure, schema};
use crate::credentials::Presented;
use crate::headers::trimmed;

/// The frame of a request.
pub(super) struct Frame {
    pub(super) id: String,
    method: String,
    params: Option<Json>,
}

/// What is asked for.
pub(super) struct Connect {
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) client: Client,
    pub(super) role: Option<String>,
    /// As they were asked for, which is how they are signed.
    pub(super) scopes: Vec<String>,
    pub(super) device: Option<Device>,
    pub(super) presented: Presented,
}

/// Who says that it connects.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) mode: String,
}

/// The device that it says it is.
pub(super) struct Device {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) signature: String,
    /// Milliseconds since 1970.
    pub(super) signed_at: f64,
    /// Trimmed and not empty.
    pub(super) nonce: Option<String>,
}

impl Frame {
    /// `None` when it is no request frame.
    pub(super) fn of(json: Json) -> Option<Self> {
        let known = ["type", "id", "method", "params"];
        let names_are_known =
            |members: &[(String, Json)]| members.iter().all(|(name, _)| known.contains(&&**name));
        let filled = |name| json.text(name).filter(|text| !text.is_empty());
        if !json.members().is_some_and(names_are_known) || json.text("type") != Some("req") {
            return None;
        }
        Some(Self {
            id: filled("id")?.to_owned(),
            method: filled("method")?.to_owned(),
            params: json.member("params").cloned(),
        })
    }

    /// What is asked for.
    pub(super) fn connect(&self) -> Result<Connect, Failure> {
        if self.method != "connect" {
            let text = "invalid handshake: first request must be connect";
            return Err(Failure::invalid(text));
        }
        let invalid = |text| Failure::invalid(format!("invalid connect params: {text}"));
        schema::check(self.params.as_ref()).map_err(invalid)?;
        let params = self.params.as_ref().unwrap_or(&Json::Null);
        Connect::of(params).ok_or_else(|| invalid("unknown validation error".to_owned()))
    }
}

impl Connect {
    /// Reads what has passed the schema.
    fn of(params: &Json) -> Option<Self> {
        let client = params.member("client")?;
        let auth = params.member("auth").unwrap_or(&Json::Null);
        let own = |object: &Json, name| object.text(name).map(str::to_owned);
        Some(Self {
            least: params.number("minProtocol")?,
            most: params.number("maxProtocol")?,
            client: Client {
                id: own(client, "id")?,
                mode: own(client, "mode")?,
            },
            role: own(params, "role"),
            scopes: params.texts("scopes"),
            device: params.member("device").and_then(Device::of),
            presented: Presented {
                token: own(auth, "token"),
                password: own(auth, "password"),
            },
        })
    }

    pub(super) fn is_control_ui(&self) -> bool {
        self.client.id == "openclaw-control-ui"
    }

    pub(super) fn has_token(&self) -> bool {
        is_filled(self.presented.token.as_deref())
    }

    pub(super) fn has_secret(&self) -> bool {
        self.has_token() || is_filled(self.presented.password.as_deref())
    }
}

impl Device {
    fn of(json: &Json) -> Option<Self> {
        let own = |name| json.text(name).map(str::to_owned);
        Some(Self {
            id: own("id")?,
            key: own("publicKey")?,
            signature: own("signature")?,
            signed_at: json.number("signedAt")?,
            nonce: json
                .text("nonce")
                .map(trimmed)
                .filter(|nonce| !nonce.is_empty()),
        })
    }
}

fn is_filled(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}
