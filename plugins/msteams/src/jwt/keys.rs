//! An issuer's keys, as it publishes them and as they are kept.
//!
//! It must not know how they are fetched. Keys that cannot be used are left out, one by one: an issuer may publish new
//! kinds beside those that we know.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rs256;

/// How long a list is believed, ms. The Bot Framework asks for a day at most.
pub const LIFETIME: u64 = 24 * 60 * 60 * 1000;
/// How many keys of one issuer are kept.
const MOST: usize = 64;

/// What an issuer published, and when that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// Where it came from: a list from somewhere else is no use.
    pub source: String,
    /// When, Unix ms.
    pub fetched_at: u64,
    /// The keys.
    pub keys: Vec<Key>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its name.
    pub id: String,
    /// The modulus, big-endian.
    #[serde(with = "base64url")]
    pub modulus: Vec<u8>,
    /// The exponent, big-endian.
    #[serde(with = "base64url")]
    pub exponent: Vec<u8>,
    /// The channels that it may speak for; `None` when nothing is said of that.
    pub endorsements: Option<Vec<String>>,
}

impl KeySet {
    /// Reads a JWKS; `None` when it is none.
    pub fn read(document: &Value, source: &str, now: u64) -> Option<Self> {
        let list = document["keys"].as_array()?;
        Some(Self {
            source: source.to_owned(),
            fetched_at: now,
            keys: list.iter().filter_map(Key::read).take(MOST).collect(),
        })
    }

    /// The key of that name; nothing has no name.
    pub fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// How old it is, ms. A clock that was put back makes it old, not young.
    pub fn age(&self, now: u64) -> u64 {
        now.checked_sub(self.fetched_at).unwrap_or(u64::MAX)
    }

    /// Whether it is still believed.
    pub fn is_fresh(&self, now: u64) -> bool {
        self.age(now) < LIFETIME
    }
}

impl Key {
    fn read(key: &Value) -> Option<Self> {
        let meant = key["kty"] == "RSA" && matches!(key["use"].as_str(), None | Some("sig"));
        let ours = matches!(key["alg"].as_str(), None | Some("RS256"));
        let id = key["kid"].as_str().filter(|id| !id.is_empty())?;
        let (modulus, exponent) = (number(&key["n"])?, number(&key["e"])?);
        (meant && ours && rs256::is_usable(&modulus, &exponent)).then(|| Self {
            id: id.to_owned(),
            modulus,
            exponent,
            endorsements: endorsements(&key["endorsements"]),
        })
    }

    /// Whether it may speak for a channel. A key of which nothing is said may.
    pub fn endorses(&self, channel: &str) -> bool {
        let list = self.endorsements.as_ref();
        list.is_none_or(|list| list.iter().any(|endorsed| endorsed == channel))
    }
}

fn endorsements(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    Some(
        list.iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

/// A number without the zeros that some issuers put in front.
fn number(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?.trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec())
}

/// Bytes as text.
mod base64url {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)
    }
}
