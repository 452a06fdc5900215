//! Where secrets are read from.
//!
//! They are read anew each time they are opened, so that one that was replaced counts at once. Errors hold no secret.

use std::path::Path;

use serde_json::Value;
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use crate::bindings::overgrow::plugin::types::Error;
use crate::grant::SecretSource;
use crate::hands::Hands;

/// Bytes of a secret's file; a private key with its certificates fits.
const LONGEST: u64 = 64 * 1024;

/// Reads a secret; empty when there is none.
pub(super) async fn read(
    source: &SecretSource,
    hands: &Hands,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    match source {
        SecretSource::Env(name) => Ok(std::env::var(name).unwrap_or_default().into_bytes().into()),
        SecretSource::File(path) => file(path).await,
        SecretSource::Keyring { service, user } => keyring(hands, service, user).await,
        SecretSource::Config(path) => Ok(config(hands, path)),
        SecretSource::Stored => Ok(Zeroizing::default()),
    }
}

async fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unreadable =
        |error: std::io::Error| Error::Unavailable(format!("a secret's file: {error}"));
    let file = match tokio::fs::File::open(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Zeroizing::default());
        }
        other => other.map_err(unreadable)?,
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file.take(LONGEST).read_to_end(&mut bytes).await;
    read.map_err(unreadable)?;
    Ok(bytes.trim_ascii().to_vec().into())
}

async fn keyring(hands: &Hands, service: &str, user: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let Some(keychain) = hands.keychain.clone() else {
        return Err(super::answer::absent("a keychain"));
    };
    let (service, user) = (service.to_owned(), user.to_owned());
    let read = tokio::task::spawn_blocking(move || keychain.read(&service, &user)).await;
    let read = read.unwrap_or_else(|_| Err("the keychain could not be asked".to_owned()));
    let found = read.map_err(Error::Unavailable)?;
    Ok(found.unwrap_or_default().into_bytes().into())
}

/// A text or a number: a PIN may be written as either.
fn config(hands: &Hands, path: &str) -> Zeroizing<Vec<u8>> {
    let settings = hands.settings.load();
    let value = settings.as_ref().and_then(|it| it.document.at(path));
    match value {
        Some(Value::String(text)) => text.clone().into_bytes().into(),
        Some(Value::Number(number)) => number.to_string().into_bytes().into(),
        _ => Zeroizing::default(),
    }
}
