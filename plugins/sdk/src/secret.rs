//! Secrets: used without being seen.

use serde::Deserialize;

use crate::host::secrets::{self, Mac, Secret};
use crate::host::types::{Error, Failure};

/// What stands in a configuration where a secret is. The host shows the name of one that was granted, and hides others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// Granted under this name: for [`open`].
    Granted {
        /// Its name.
        #[serde(rename = "$secret")]
        name: String,
    },
    /// There is one, and it was not granted.
    Hidden {
        /// Always true.
        #[serde(rename = "$redacted")]
        redacted: bool,
    },
    /// A text that the host does not take for a secret.
    Plain(String),
}

impl Place {
    /// The name to open it by, when it was granted.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Granted { name } => Some(name),
            Self::Hidden { .. } | Self::Plain(_) => None,
        }
    }
}

/// A granted secret.
///
/// # Errors
/// `no-secret` when it is not set, `denied` when it is not granted.
pub fn open(name: &str) -> Result<Secret, Failure> {
    find(name)?.ok_or_else(|| Failure::permanent("no-secret", format!("secret {name} is not set")))
}

/// A granted secret; `None` when it is not set.
///
/// # Errors
/// `denied` when it is not granted.
pub fn find(name: &str) -> Result<Option<Secret>, Failure> {
    match secrets::open(name) {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a signature is the one that the secret makes over `data`. The time it takes does not depend on where the two
/// differ.
///
/// # Errors
/// What the host says.
pub fn verify(secret: &Secret, mac: Mac, data: &[u8], signature: &[u8]) -> Result<bool, Failure> {
    Ok(same(&secret.sign(mac, data)?, signature))
}

/// Whether two texts are the same, in a time that depends on their lengths only.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    let differs = left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b));
    left.len() == right.len() && std::hint::black_box(differs) == 0
}

#[cfg(test)]
mod tests {
    use super::{Place, same};

    #[test]
    fn a_place_says_what_the_host_made_of_a_secret() {
        let place = |text: &str| serde_json::from_str::<Place>(text).expect("a place");
        assert_eq!(
            place(r#"{"$secret":"bot-token"}"#).name(),
            Some("bot-token")
        );
        assert_eq!(
            place(r#"{"$redacted":true}"#),
            Place::Hidden { redacted: true }
        );
        assert_eq!(place(r#""text""#), Place::Plain("text".into()));
    }

    #[test]
    fn same_is_equality() {
        assert!(same(b"", b"") && same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd") && !same(b"abc", b"ab") && !same(b"", b"a"));
    }
}
