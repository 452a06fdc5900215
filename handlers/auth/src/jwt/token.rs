//! Takes a token apart.
//!
//! It must not believe anything in it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::JwtError;
use super::algorithm::Algorithm;
use super::unique::Unique;

/// The three parts of a token, as written.
pub(super) struct Parts<'a> {
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
    /// What is signed: the first two, with their dot.
    pub(super) signed: &'a [u8],
}

/// What a token says of how it is signed.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    /// The name of its key.
    pub(super) key: Option<String>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(token: &'a str) -> Result<Self, JwtError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        if claims.contains('.') {
            return Err(JwtError::Malformed);
        }
        Ok(Self {
            header,
            claims,
            signature,
            signed: signed.as_bytes(),
        })
    }

    pub(super) fn header(&self) -> Result<Header, JwtError> {
        let members = object(self.header)?;
        if members.contains_key("crit") {
            return Err(JwtError::Critical);
        }
        if !is_access_token(members.get("typ"))? {
            return Err(JwtError::Type);
        }
        Ok(Header {
            algorithm: Algorithm::of(text(&members, "alg")?.ok_or(JwtError::Algorithm)?)?,
            key: text(&members, "kid")?.map(str::to_owned),
        })
    }

    pub(super) fn claims(&self) -> Result<Map<String, Value>, JwtError> {
        object(self.claims)
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, JwtError> {
        decoded(self.signature)
    }
}

/// A logout token or an event of the same issuer must not open a door.
fn is_access_token(kind: Option<&Value>) -> Result<bool, JwtError> {
    let Some(kind) = kind else { return Ok(true) };
    let kind = kind.as_str().ok_or(JwtError::Malformed)?;
    let kind = kind.to_ascii_lowercase();
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    Ok(matches!(kind, "jwt" | "at+jwt"))
}

pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, JwtError> {
    let member = members.get(name);
    member
        .map(|value| value.as_str().ok_or(JwtError::Malformed))
        .transpose()
}

fn object(part: &str) -> Result<Map<String, Value>, JwtError> {
    let json = decoded(part)?;
    let object: Unique = serde_json::from_slice(&json).map_err(|_| JwtError::Malformed)?;
    Ok(object.0)
}

fn decoded(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtError::Malformed)
}
