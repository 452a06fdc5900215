//! The devices that were let in before, as the legacy keeps them.
//!
//! It must not read files: [`Roster::parse`] takes their text. The surprise: a device of the right name and another key
//! is a stranger, and one whose entry cannot be read is none.

use std::collections::HashMap;

use overgrow_settings::Secret;
use serde_json::{Map, Value};

use crate::headers::trimmed;

/// Whoever knows the paired devices.
pub trait Devices: Send + Sync {
    /// The device of that name.
    fn paired(&self, device: &str) -> Option<&Paired>;
    /// The pairing of it that waits to be approved.
    fn pending(&self, device: &str) -> Option<&Pending>;
}

/// A device that was let in before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired {
    /// Its key, in Base64 for URLs.
    pub key: String,
    /// The roles that it may have.
    pub roles: Vec<String>,
    /// The scopes that it may have.
    pub scopes: Vec<String>,
    /// Its own tokens, one for each role.
    pub tokens: Vec<Token>,
}

/// A device's own token, which is as good as the gateway's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// For which role.
    pub role: String,
    /// The token.
    pub secret: Secret,
    /// For which scopes.
    pub scopes: Vec<String>,
}

/// A pairing that waits to be approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its name.
    pub request: String,
    /// Whether it needs nobody's approval, because it was asked for on this machine.
    pub approval: Approval,
}

/// Who approves a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// Nobody has to.
    Silent,
    /// The owner.
    Owner,
}

/// Devices as the legacy's files have them.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    paired: HashMap<String, Paired>,
    pending: HashMap<String, Pending>,
}

/// How long a pairing waits, in milliseconds.
const PATIENCE: f64 = 5.0 * 60.0 * 1000.0;

impl Roster {
    /// Takes the texts of `devices/paired.json` and `devices/pending.json`; `now` is in milliseconds since 1970. What
    /// cannot be read is nobody, as it is for the legacy.
    pub fn parse(paired: &[u8], pending: &[u8], now: u64) -> Self {
        let read = |(id, entry): (&String, &Value)| Some((id.clone(), Paired::of(entry)?));
        let paired = object(paired).iter().filter_map(read).collect();
        let waits = |entry: &Value| Pending::of(entry, now as f64);
        let pending = object(pending).values().filter_map(waits).collect();
        Self { paired, pending }
    }
}

impl Devices for Roster {
    fn paired(&self, device: &str) -> Option<&Paired> {
        self.paired.get(device)
    }

    fn pending(&self, device: &str) -> Option<&Pending> {
        self.pending.get(device)
    }
}

impl Paired {
    fn of(entry: &Value) -> Option<Self> {
        let roles = match entry.get("roles").filter(|roles| roles.is_array()) {
            Some(roles) => texts(Some(roles)),
            None => text(entry, "role").into_iter().collect(),
        };
        let tokens = entry.get("tokens").and_then(Value::as_object);
        Some(Self {
            key: text(entry, "publicKey")?,
            roles,
            scopes: texts(entry.get("scopes")),
            tokens: tokens.into_iter().flatten().filter_map(Token::of).collect(),
        })
    }

    /// Whether it may have a role and scopes without being paired anew.
    pub(super) fn allows(&self, role: &str, scopes: &[String]) -> bool {
        self.roles.iter().any(|known| known == role) && include(&self.scopes, scopes)
    }

    /// Whether one of its own tokens is shown.
    pub(super) fn accepts(&self, shown: &str, role: &str, scopes: &[String]) -> bool {
        let asked = scopes.iter().map(|scope| trimmed(scope));
        let scopes: Vec<String> = asked.filter(|scope| !scope.is_empty()).collect();
        let fits = |token: &&Token| token.role == role && include(&token.scopes, &scopes);
        let mut tokens = self.tokens.iter().filter(fits);
        tokens.any(|token| token.secret.matches(shown))
    }
}

impl Token {
    /// A revoked one is none.
    fn of((role, entry): (&String, &Value)) -> Option<Self> {
        let revoked = entry.get("revokedAtMs").and_then(Value::as_f64);
        if revoked.is_some_and(|at| at != 0.0) {
            return None;
        }
        Some(Self {
            role: role.clone(),
            secret: Secret::new(text(entry, "token").filter(|token| !token.is_empty())?),
            scopes: texts(entry.get("scopes")),
        })
    }
}

impl Pending {
    fn of(entry: &Value, now: f64) -> Option<(String, Self)> {
        if now - entry.get("ts")?.as_f64()? > PATIENCE {
            return None;
        }
        let silent = entry.get("silent").and_then(Value::as_bool) == Some(true);
        let pending = Self {
            request: text(entry, "requestId")?,
            approval: if silent {
                Approval::Silent
            } else {
                Approval::Owner
            },
        };
        Some((text(entry, "deviceId")?, pending))
    }
}

/// Whether all of them are there; asking for none is always granted.
fn include(known: &[String], asked: &[String]) -> bool {
    asked.iter().all(|scope| known.contains(scope))
}

fn object(json: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(json).unwrap_or_default()
}

fn text(entry: &Value, name: &str) -> Option<String> {
    entry.get(name)?.as_str().map(str::to_owned)
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
