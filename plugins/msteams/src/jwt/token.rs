//! The three parts of a token.
//!
//! It must not know what is expected of them. Each part is unpadded base64url and nothing else: a token that can be
//! read in two ways is not read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Refusal;

/// Longest token that is looked at, bytes: those of the Bot Framework have about a thousand.
const LONGEST: usize = 16 * 1024;

/// A token, taken apart.
#[derive(Debug)]
pub struct Token<'a> {
    /// The algorithm that it says it is signed with.
    pub algorithm: String,
    /// The name of the key; empty when it names none.
    pub key_id: String,
    /// What it says.
    pub payload: Value,
    /// What is signed.
    pub signed: &'a [u8],
    /// The signature; empty when there is none.
    pub signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes one apart; believes nothing.
    pub fn read(raw: &'a str) -> Result<Self, Refusal> {
        if raw.len() > LONGEST {
            return Err(Refusal::Unreadable);
        }
        let (signed, signature) = raw.rsplit_once('.').ok_or(Refusal::Unreadable)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Unreadable)?;
        let header = object(header)?;
        // A header that must be understood and is not, makes the token one that is not understood (RFC 7515, 4.1.11).
        if header.get("crit").is_some() {
            return Err(Refusal::Unreadable);
        }
        Ok(Self {
            algorithm: header["alg"].as_str().unwrap_or_default().to_owned(),
            key_id: header["kid"].as_str().unwrap_or_default().to_owned(),
            payload: object(payload)?,
            signed: signed.as_bytes(),
            signature: decode(signature)?,
        })
    }
}

fn object(part: &str) -> Result<Value, Refusal> {
    let value: Value = serde_json::from_slice(&decode(part)?).map_err(|_| Refusal::Unreadable)?;
    value
        .is_object()
        .then_some(value)
        .ok_or(Refusal::Unreadable)
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Refusal::Unreadable)
}
