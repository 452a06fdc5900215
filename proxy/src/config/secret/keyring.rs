//! The keychain of the system: the Secret Service of a Linux desktop, the login keychain of macOS.
//!
//! It must not know what a secret is for. The surprise: the service is asked anew each time instead of through the
//! library's default store, which would keep the first failure for as long as the process lives; at boot the sidecar
//! may come before the service.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use keyring_core::{CredentialStore, Error};
use zeroize::{Zeroize, Zeroizing};

/// A locked keychain asks its user for a password: time to type it, and no more where nobody is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why the keychain gave no secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no keychain to ask.
    #[error("{NOBODY}: {0}")]
    Nobody(String),
    /// It has no entry of that service and user.
    #[error("it has no such entry")]
    Absent,
    /// It has more than one.
    #[error("it has several such entries")]
    Several,
    /// The entry is not UTF-8.
    #[error("the entry is not text")]
    NotText,
    /// It is locked, or does not let us in.
    #[error("it cannot be opened: {0}")]
    Closed(String),
    /// No answer came in time.
    #[error("nobody unlocked it within {} s", PATIENCE.as_secs())]
    Late,
    /// Something else failed in it.
    #[error("{0}")]
    Failed(String),
}

#[cfg(target_os = "macos")]
const NOBODY: &str = "the login keychain does not answer";
#[cfg(not(target_os = "macos"))]
const NOBODY: &str = "no Secret Service answers on the session bus";

/// Reads the secret that is kept for a service and a user. It blocks for up to 30 seconds.
///
/// # Errors
/// When there is no keychain, no such entry, or nobody unlocks it.
pub(super) fn read(service: &str, user: &str) -> Result<Zeroizing<String>, KeyringError> {
    let (answer, asked) = sync_channel(1);
    let (service, user) = (service.to_owned(), user.to_owned());
    // A thread of its own can be left behind when it does not come back.
    std::thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(move || answer.send(ask(&service, &user)))
        .map_err(|error| KeyringError::Failed(error.to_string()))?;
    match asked.recv_timeout(PATIENCE) {
        Ok(secret) => secret,
        Err(RecvTimeoutError::Timeout) => Err(KeyringError::Late),
        Err(RecvTimeoutError::Disconnected) => Err(KeyringError::Failed("it broke off".to_owned())),
    }
}

fn ask(service: &str, user: &str) -> Result<Zeroizing<String>, KeyringError> {
    let store = store().map_err(|error| KeyringError::Nobody(cause(&error)))?;
    let entry = store.build(service, user, None);
    let secret = entry.and_then(|entry| entry.get_password());
    secret.map(Zeroizing::new).map_err(refusal)
}

#[cfg(target_os = "macos")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(not(target_os = "macos"))]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// The library's error, without the secret that some of its variants carry.
fn refusal(error: Error) -> KeyringError {
    match error {
        Error::NoEntry => KeyringError::Absent,
        Error::Ambiguous(_) => KeyringError::Several,
        Error::BadEncoding(mut secret) | Error::BadDataFormat(mut secret, _) => {
            secret.zeroize();
            KeyringError::NotText
        }
        Error::NoStorageAccess(_) => KeyringError::Closed(cause(&error)),
        other => KeyringError::Failed(cause(&other)),
    }
}

/// What lies below the library's own words, if it says.
fn cause(error: &Error) -> String {
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_carries_the_secret() {
        let refused = refusal(Error::BadEncoding(b"s3cret\xff".to_vec()));
        assert!(matches!(refused, KeyringError::NotText));
        let closed = refusal(Error::NoStorageAccess("locked".into()));
        assert_eq!(closed.to_string(), "it cannot be opened: locked");
        assert_eq!(refusal(Error::NoEntry).to_string(), "it has no such entry");
    }
}
