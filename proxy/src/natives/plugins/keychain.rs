//! The OS keychain, for plugins' secrets.

use overgrow_plugins::Keychain;

use crate::config::{KeyringError, Secret, SecretError};

pub(super) struct OfThisMachine;

impl Keychain for OfThisMachine {
    fn read(&self, service: &str, user: &str) -> Result<Option<String>, String> {
        let secret = Secret::Keyring {
            service: service.to_owned(),
            user: user.to_owned(),
        };
        match secret.read() {
            Ok(secret) => Ok(Some(secret.to_string())),
            Err(SecretError::Empty(_)) => Ok(None),
            Err(SecretError::Keyring {
                reason: KeyringError::Absent,
                ..
            }) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}
