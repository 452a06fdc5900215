//! What a token must say.
//!
//! It is only asked once the signature is good. The surprise: a token that names an audience is refused where none is
//! expected (RFC 7519, section 4.1.3): it was given out for somebody else.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::JwtError;
use super::token::text;

/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: f64 = 60.0;

/// What is expected of a token besides its signature and times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// `iss`, if only one issuer may have given it out.
    pub issuer: Option<String>,
    /// `aud`, which may be one of several in the token.
    pub audience: Option<String>,
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// Whose it is: `sub`.
    pub subject: String,
    /// All of it.
    pub members: Map<String, Value>,
}

impl Expected {
    pub(super) fn check(
        &self,
        members: Map<String, Value>,
        now: SystemTime,
    ) -> Result<Claims, JwtError> {
        holds_at(&members, now)?;
        if self.issuer.is_some() && text(&members, "iss")? != self.issuer.as_deref() {
            return Err(JwtError::Issuer);
        }
        if !self.is_audience(members.get("aud")) {
            return Err(JwtError::Audience);
        }
        let subject = text(&members, "sub")?.filter(|subject| !subject.is_empty());
        Ok(Claims {
            subject: subject.ok_or(JwtError::Subject)?.to_owned(),
            members,
        })
    }

    fn is_audience(&self, named: Option<&Value>) -> bool {
        let is_us = |name: &Value| name.as_str() == self.audience.as_deref();
        match (&self.audience, named) {
            (None, None) => true,
            (Some(_), Some(Value::Array(names))) => names.iter().any(is_us),
            (Some(_), Some(name)) => is_us(name),
            _ => false,
        }
    }
}

/// Whether it has begun and not ended; one that never ends cannot be taken back and is refused.
fn holds_at(members: &Map<String, Value>, now: SystemTime) -> Result<(), JwtError> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = now.as_secs_f64();
    let end = time(members, "exp")?.ok_or(JwtError::Expired)?;
    if now >= end + LEEWAY {
        return Err(JwtError::Expired);
    }
    if time(members, "nbf")?.is_some_and(|begin| begin > now + LEEWAY) {
        return Err(JwtError::NotYet);
    }
    Ok(())
}

/// Seconds since 1970, which may have a fraction.
fn time(members: &Map<String, Value>, name: &str) -> Result<Option<f64>, JwtError> {
    let member = members.get(name);
    member
        .map(|value| value.as_f64().ok_or(JwtError::Malformed))
        .transpose()
}
