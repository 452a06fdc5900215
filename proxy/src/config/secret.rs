//! Secrets: where one is kept, and reading it from there.
//!
//! It knows nobody who needs a secret. The one surprise: reading is the only I/O of this room, and it is not done by
//! checking a file, so that `check` works where the secrets are not.

mod keyring;

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub use keyring::KeyringError;

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
    /// The OS keychain does not give it.
    #[error("cannot read {service}/{user} from the keychain: {reason}")]
    Keyring {
        /// Service name.
        service: String,
        /// User name.
        user: String,
        /// Why not.
        reason: KeyringError,
    },
}

impl Secret {
    /// Reads the secret; white space around it is not part of it, and nothing but white space is no secret. It is wiped
    /// when it is dropped. It blocks: on a file, or for up to 30 seconds on a keychain that has to be unlocked.
    ///
    /// # Errors
    /// When the place cannot be read or holds nothing.
    pub fn read(&self) -> Result<Zeroizing<String>, SecretError> {
        let text = match self {
            Secret::Env(name) => variable(name)?,
            Secret::File(path) => file(path)?,
            Secret::Keyring { service, user } => entry(service, user)?,
        };
        match text.trim() {
            "" => Err(SecretError::Empty(self.place())),
            secret => Ok(Zeroizing::new(secret.to_owned())),
        }
    }

    fn place(&self) -> String {
        match self {
            Secret::Env(name) => format!("environment variable {name}"),
            Secret::File(path) => path.display().to_string(),
            Secret::Keyring { service, user } => format!("keychain entry {service}/{user}"),
        }
    }
}

fn variable(name: &str) -> Result<Zeroizing<String>, SecretError> {
    let text = std::env::var(name).map_err(|_| SecretError::Env(name.to_owned()))?;
    Ok(Zeroizing::new(text))
}

fn file(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let failed = |source| SecretError::File {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(Zeroizing::new(text))
}

fn entry(service: &str, user: &str) -> Result<Zeroizing<String>, SecretError> {
    keyring::read(service, user).map_err(|reason| SecretError::Keyring {
        service: service.to_owned(),
        user: user.to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_without_its_last_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        assert_eq!(*Secret::File(path).read().unwrap(), "s3cret");
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
            *Secret::Env("CARGO_PKG_NAME".into()).read().unwrap(),
            "overgrow"
        );
    }

    /// Runs below the next test, in a process whose session bus is not there.
    #[test]
    #[ignore = "needs an environment of its own"]
    fn a_keychain_without_a_bus() {
        let secret = Secret::Keyring {
            service: "overgrow".into(),
            user: "admin".into(),
        };
        let fault = secret.read().unwrap_err().to_string();
        let expected = "cannot read overgrow/admin from the keychain: no Secret Service answers on the session bus: ";
        assert!(fault.starts_with(expected), "{fault}");
        assert!(fault.len() > expected.len());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_missing_keychain_is_told() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact"])
            .arg(format!(
                "{}::a_keychain_without_a_bus",
                module_path!().split_once("::").unwrap().1
            ))
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("1 passed"), "{told}");
    }
}
