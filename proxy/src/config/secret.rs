//! Secrets: where one is kept, and reading it from there.
//!
//! It knows nobody who needs a secret. The one surprise: reading is the only I/O of this room, and it is not done by
//! checking a file, so that `check` works where the secrets are not.

use std::path::PathBuf;

/// Where a secret is read from; the file never holds the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// Name of an environment variable.
    Env(String),
    /// A file whose trimmed content is the secret.
    File(PathBuf),
    /// `service/user` in the OS keychain.
    Keyring {
        /// Service name.
        service: String,
        /// User name.
        user: String,
    },
}

/// Why a secret cannot be had. No variant carries any of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set or is not text.
    #[error("environment variable {0} is not set to text")]
    Env(String),
    /// The file cannot be read.
    #[error("cannot read the secret file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is there and holds nothing.
    #[error("the secret in {0} is empty")]
    Empty(String),
    /// The OS keychain was asked for.
    #[error("keyring secrets are not part of this build")]
    Keyring,
}

impl Secret {
    /// Reads the secret; white space around it is not part of it, and nothing but white space is no secret.
    ///
    /// # Errors
    /// When the place cannot be read or holds nothing.
    pub fn read(&self) -> Result<String, SecretError> {
        let (text, place) = match self {
            Secret::Env(name) => {
                let text = std::env::var(name).map_err(|_| SecretError::Env(name.clone()))?;
                (text, format!("environment variable {name}"))
            }
            Secret::File(path) => {
                let failed = |source| SecretError::File {
                    path: path.clone(),
                    source,
                };
                (
                    std::fs::read_to_string(path).map_err(failed)?,
                    path.display().to_string(),
                )
            }
            Secret::Keyring { .. } => return Err(SecretError::Keyring),
        };
        match text.trim() {
            "" => Err(SecretError::Empty(place)),
            secret => Ok(secret.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_without_its_last_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        assert_eq!(Secret::File(path).read().unwrap(), "s3cret");
    }

    #[test]
    fn an_empty_file_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, " \n").unwrap();
        assert!(matches!(
            Secret::File(path).read(),
            Err(SecretError::Empty(_))
        ));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let missing = Secret::File("/nonexistent/token".into())
            .read()
            .unwrap_err();
        assert_eq!(
            missing.to_string(),
            "cannot read the secret file /nonexistent/token"
        );
        let unset = Secret::Env("OVERGROW_TEST_NEVER_SET".into())
            .read()
            .unwrap_err();
        assert_eq!(
            unset.to_string(),
            "environment variable OVERGROW_TEST_NEVER_SET is not set to text"
        );
    }

    #[test]
    fn an_environment_variable_is_read() {
        // Cargo sets this one for every test, so that no test has to change the environment of the others.
        assert_eq!(
            Secret::Env("CARGO_PKG_NAME".into()).read().unwrap(),
            "overgrow"
        );
    }

    #[test]
    fn the_keychain_is_not_part_of_this_build() {
        let secret = Secret::Keyring {
            service: "overgrow".into(),
            user: "admin".into(),
        };
        assert_eq!(
            secret.read().unwrap_err().to_string(),
            "keyring secrets are not part of this build"
        );
    }
}
