//! Tokens as the Bot Framework and a tenant sign them, and as others would like to.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

/// The key of the issuer.
pub(crate) const ONE: &[u8] = include_bytes!("../../../../plugins/msteams/fixtures/key-one.pk8");
/// Somebody else's.
pub(crate) const TWO: &[u8] = include_bytes!("../../../../plugins/msteams/fixtures/key-two.pk8");

/// Who the Bot Framework says it is.
pub(crate) const BOT_FRAMEWORK: &str = "https://api.botframework.com";

/// Unix s.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The header of an honest token.
pub(crate) fn header() -> Value {
    json!({"alg": "RS256", "kid": "one", "x5t": "one", "typ": "JWT"})
}

/// What an honest token of the Bot Framework says.
pub(crate) fn claims(service: &str) -> Value {
    json!({"iss": BOT_FRAMEWORK, "aud": "app", "serviceurl": service, "nbf": now() - 60, "exp": now() + 3600})
}

/// Signs.
pub(crate) fn token(key: &[u8], header: &Value, claims: &Value) -> Result<String> {
    let message = format!(
        "{}.{}",
        written(header.to_string()),
        written(claims.to_string())
    );
    let pair = pair(key)?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .map_err(|_| anyhow!("not signed"))?;
    Ok(format!("{message}.{}", written(signature)))
}

/// The list in which an issuer publishes its key.
pub(crate) fn published() -> Result<Value> {
    let public: PublicKeyComponents<Vec<u8>> = PublicKeyComponents::from(pair(ONE)?.public());
    let (n, e) = (written(public.n), written(public.e));
    Ok(json!({"keys": [
        {"kty": "RSA", "use": "sig", "kid": "one", "x5t": "one", "n": n, "e": e, "endorsements": ["msteams"]},
    ]}))
}

pub(crate) fn written(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn pair(key: &[u8]) -> Result<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(key).map_err(|why| anyhow!("{why}"))
}
