//! Checks the signatures of webhooks: GitHub's, Stripe's, Slack's, and those that are an HMAC of the body in a header.
//!
//! It must not parse the body, which is untrusted until this says otherwise. The surprise: what it gives back for a
//! good signature is the MAC that was computed, not the one that was sent, for the sent one has many spellings and
//! [`Replays`](crate::Replays) needs one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName};
use overgrow_settings::Secret;
use ring::hmac;
use subtle::ConstantTimeEq;

/// How far a signed time may be from ours, either way: what Stripe's and Slack's own libraries take.
pub const TOLERANCE: Duration = Duration::from_secs(300);
/// Signatures in one Stripe header that are looked at: there are two while a secret is rolled.
const CANDIDATES: usize = 8;

/// How a provider signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// `X-Hub-Signature-256: sha256=<hex>` of the body.
    GitHub,
    /// `Stripe-Signature: t=<seconds>,v1=<hex>,…` of `t.body`.
    Stripe,
    /// `X-Slack-Signature: v0=<hex>` of `v0:t:body`, with `X-Slack-Request-Timestamp: t`.
    Slack,
    /// An HMAC of the body in a header; without a time, so a copy is as good for ever.
    Plain(Plain),
}

/// An HMAC of the body in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The header.
    pub header: HeaderName,
    /// The hash.
    pub algorithm: Algorithm,
    /// How the MAC is written.
    pub encoding: Encoding,
    /// What stands before it, such as `sha256=`.
    pub prefix: String,
}

/// The hash of an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1, which is still sound inside an HMAC.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal, of either case.
    Hex,
    /// Base64 of the standard alphabet, padded.
    Base64,
}

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Our secret is empty: anybody could sign.
    #[error("no signing secret is configured")]
    Unset,
    /// It is not signed.
    #[error("no signature")]
    Missing,
    /// The signature is not of the provider's form.
    #[error("malformed signature")]
    Malformed,
    /// It was signed too long ago, or too far ahead.
    #[error("signed at another time")]
    Stale,
    /// It was signed with another secret, or it was changed.
    #[error("wrong signature")]
    Mismatch,
    /// It was seen before.
    #[error("delivered before")]
    Replayed,
}

/// What tells one delivery from another: the first 16 bytes of the MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seal([u8; 16]);

#[cfg(test)]
impl Seal {
    pub(crate) fn for_test(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// Checks a signature in a time that tells nothing of the right one.
///
/// # Errors
/// When the webhook is not to be believed.
pub fn verify(
    scheme: &Scheme,
    secret: &Secret,
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> Result<Seal, SignatureError> {
    let secret = secret.reveal().as_bytes();
    if secret.is_empty() {
        return Err(SignatureError::Unset);
    }
    match scheme {
        Scheme::GitHub => github(secret, headers, body),
        Scheme::Stripe => stripe(secret, headers, body, now),
        Scheme::Slack => slack(secret, headers, body, now),
        Scheme::Plain(plain) => plain.verify(secret, headers, body),
    }
}

fn github(secret: &[u8], headers: &HeaderMap, body: &[u8]) -> Result<Seal, SignatureError> {
    let sent = hex_after("sha256=", only(headers, "x-hub-signature-256")?)?;
    compare(&mac(hmac::HMAC_SHA256, secret, &[body]), &[sent])
}

fn slack(
    secret: &[u8],
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> Result<Seal, SignatureError> {
    let time = only(headers, "x-slack-request-timestamp")?;
    let sent = hex_after("v0=", only(headers, "x-slack-signature")?)?;
    fresh(time, now)?;
    let parts = [b"v0:", time.as_bytes(), b":", body];
    compare(&mac(hmac::HMAC_SHA256, secret, &parts), &[sent])
}

fn stripe(
    secret: &[u8],
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> Result<Seal, SignatureError> {
    let header = only(headers, "stripe-signature")?;
    let time = fields(header, "t")
        .next()
        .ok_or(SignatureError::Malformed)?;
    let sent: Vec<Vec<u8>> = fields(header, "v1")
        .take(CANDIDATES)
        .filter_map(hex)
        .collect();
    if sent.is_empty() {
        return Err(SignatureError::Malformed);
    }
    fresh(time, now)?;
    let parts = [time.as_bytes(), b".", body];
    compare(&mac(hmac::HMAC_SHA256, secret, &parts), &sent)
}

/// The values of one key in `key=value,key=value`.
fn fields<'a>(header: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = header
        .split(',')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(move |(name, _)| *name == key)
        .map(|(_, value)| value)
}

impl Plain {
    fn verify(
        &self,
        secret: &[u8],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Seal, SignatureError> {
        let sent = only(headers, self.header.as_str())?;
        let sent = sent
            .strip_prefix(&*self.prefix)
            .and_then(|sent| self.encoding.read(sent))
            .ok_or(SignatureError::Malformed)?;
        compare(&mac(self.algorithm.hmac(), secret, &[body]), &[sent])
    }
}

impl Algorithm {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

impl Encoding {
    fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex(text),
            Self::Base64 => STANDARD.decode(text).ok(),
        }
    }
}

/// The one value of a header. Two of them may be read differently by whoever comes after us.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(SignatureError::Missing)?;
    if values.next().is_some() {
        return Err(SignatureError::Malformed);
    }
    let text = value.to_str().map_err(|_| SignatureError::Malformed)?;
    Ok(text.trim())
}

fn hex_after(prefix: &str, text: &str) -> Result<Vec<u8>, SignatureError> {
    let digits = text.strip_prefix(prefix).ok_or(SignatureError::Malformed)?;
    hex(digits).ok_or(SignatureError::Malformed)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

/// Whether a signed time, in seconds since 1970, is near ours.
fn fresh(time: &str, now: SystemTime) -> Result<(), SignatureError> {
    if time.is_empty() || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SignatureError::Malformed);
    }
    let signed: u64 = time.parse().map_err(|_| SignatureError::Malformed)?;
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if now.abs_diff(signed) > TOLERANCE.as_secs() {
        return Err(SignatureError::Stale);
    }
    Ok(())
}

fn mac(algorithm: hmac::Algorithm, secret: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, secret));
    for part in parts {
        context.update(part);
    }
    context.sign()
}

/// Looks at every candidate, whichever is right.
fn compare(right: &hmac::Tag, sent: &[Vec<u8>]) -> Result<Seal, SignatureError> {
    let right = right.as_ref();
    let same = sent.iter().fold(subtle::Choice::from(0), |found, sent| {
        found | right.ct_eq(sent)
    });
    let mut seal = [0; 16];
    seal.copy_from_slice(&right[..16]);
    if bool::from(same) {
        Ok(Seal(seal))
    } else {
        Err(SignatureError::Mismatch)
    }
}

#[cfg(test)]
mod tests;
