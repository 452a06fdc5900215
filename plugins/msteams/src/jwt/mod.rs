//! Whether a request comes from the Bot Framework: the bearer token that it carries.
//!
//! It must not know the host: keys come from a [`Keys`], the time from the caller. What a token says of itself only
//! chooses whose keys are asked for, among the two that the operator believes; who issued it, for whom and how it is
//! signed are settled before anybody's keys are fetched. The surprise: a key that is not known may be a new one, so it
//! is looked for once more in a fresh list, and never more than once.

pub mod authority;
pub mod claims;
pub mod keys;
pub mod rs256;
pub mod token;

use authority::Authority;
use claims::{Claims, Expected};
use keys::{Key, KeySet};
use token::Token;

/// Why a token is not believed. The texts are what the legacy answers, word for word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error("invalid token")]
    Unreadable,
    /// It is for another application.
    #[error("Audience mismatch")]
    Audience,
    /// Nobody signed it.
    #[error("jwt signature is required")]
    Unsigned,
    /// Another algorithm than RS256.
    #[error("invalid algorithm")]
    Algorithm,
    /// Somebody issued it who is not believed; the text lists who is.
    #[error("jwt issuer invalid. expected: {0}")]
    Issuer(String),
    /// The issuer has no such key.
    #[error(
        "error in secret or public key callback: Unable to find a signing key that matches '{0}'"
    )]
    UnknownKey(String),
    /// The key did not sign it.
    #[error("invalid signature")]
    Signature,
    /// It is not valid yet, or does not say so in numbers.
    #[error("jwt not active")]
    NotYet,
    /// It is not valid any more.
    #[error("jwt expired")]
    Expired,
    /// It does not say for how long it is valid, or not in numbers.
    #[error("invalid exp value")]
    Endless,
    /// It was issued for another service than the message names.
    #[error("serviceUrl mismatch")]
    Service,
    /// The key may not speak for this channel.
    #[error("channel not endorsed")]
    Channel,
}

/// Why there is no verdict, or a bad one.
#[derive(Debug, thiserror::Error)]
pub enum Fault<E> {
    /// The token is not believed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The issuer's keys cannot be had; the token may be good.
    #[error("the keys cannot be fetched: {0}")]
    Keys(E),
}

/// Where keys are.
pub trait Keys {
    /// Why they cannot be had.
    type Error;
    /// What is known already.
    fn kept(&mut self, authority: Authority) -> Option<KeySet>;
    /// A fresh list, which is kept from now on.
    fn fetch(&mut self, authority: Authority) -> Result<KeySet, Self::Error>;
}

/// A list that is younger than this, ms, is not fetched again for a key that is not in it: whoever makes up names of
/// keys would otherwise have us ask the issuer each time.
pub const REFETCH_AFTER: u64 = 60_000;

/// Believes a token, or says why not. `service` and `channel` are the message's own. Fetches keys at most once.
pub fn verify<K: Keys>(
    raw: &str,
    expected: &Expected<'_>,
    now: u64,
    keys: &mut K,
) -> Result<Claims, Fault<K::Error>> {
    let token = Token::read(raw)?;
    let claims = Claims::read(&token)?;
    let authority = expected.accepts(&token, &claims)?;
    let key = find(&token, authority, now, keys)?;
    signed(&token, &key)?;
    expected.holds(&claims, &key, authority, now)?;
    Ok(claims)
}

fn find<K: Keys>(
    token: &Token<'_>,
    authority: Authority,
    now: u64,
    keys: &mut K,
) -> Result<Key, Fault<K::Error>> {
    let kept = keys.kept(authority).filter(|set| set.is_fresh(now));
    if let Some(set) = &kept {
        if let Some(key) = set.key(&token.key_id) {
            return Ok(key.clone());
        }
        if set.age(now) < REFETCH_AFTER {
            return Err(Refusal::UnknownKey(token.key_id.clone()).into());
        }
    }
    let fresh = keys.fetch(authority).map_err(Fault::Keys)?;
    let found = fresh.key(&token.key_id).cloned();
    found.ok_or_else(|| Refusal::UnknownKey(token.key_id.clone()).into())
}

fn signed(token: &Token<'_>, key: &Key) -> Result<(), Refusal> {
    let good = rs256::verify(&key.modulus, &key.exponent, token.signed, &token.signature);
    good.then_some(()).ok_or(Refusal::Signature)
}

#[cfg(test)]
mod tests;
