//! The plugin's configuration as a type of its own.

use serde::de::DeserializeOwned;

use crate::host::config as raw;
use crate::host::types::{Error, Failure};

/// What is wrong with a configuration, and where: `accounts.bot.webhookUrl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Dotted; empty for the document as a whole.
    pub path: String,
    /// What is wrong, for people.
    pub message: String,
}

impl Fault {
    /// One that a plugin found itself.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// The whole configuration.
///
/// # Errors
/// `bad-config` with the place when it is not a `T`.
pub fn all<T: DeserializeOwned>() -> Result<T, Failure> {
    parse(&raw::all()).map_err(Failure::from)
}

/// The value at a dotted path; `None` when there is none.
///
/// # Errors
/// `bad-config` when it is not a `T`, and what the host says.
pub fn get<T: DeserializeOwned>(path: &str) -> Result<Option<T>, Failure> {
    match raw::get(path) {
        Ok(text) => Ok(Some(parse(&text)?)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads a configuration that was handed in.
///
/// # Errors
/// The first fault that was found.
pub fn parse<T: DeserializeOwned>(config: &str) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_str(config);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        Fault::new(path, error.into_inner().to_string())
    })
}

/// What is wrong with a configuration, for `lifecycle.check-config`; nothing when it is a `T`.
pub fn check<T: DeserializeOwned>(config: &str) -> Vec<Fault> {
    parse::<T>(config).err().into_iter().collect()
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let place = match fault.path.is_empty() {
            true => "the configuration",
            false => &fault.path,
        };
        Self::permanent("bad-config", format!("{place}: {}", fault.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    struct Settings {
        #[serde(default)]
        accounts: BTreeMap<String, Account>,
    }

    #[derive(Debug, Deserialize)]
    struct Account {
        limit: u32,
    }

    #[test]
    fn a_fault_has_its_place() {
        let faults = check::<Settings>(r#"{"accounts":{"bot":{"limit":"ten"}}}"#);
        assert_eq!(faults[0].path, "accounts.bot.limit");
        let failure = Failure::from(faults[0].clone());
        assert!(
            failure
                .line()
                .starts_with("bad-config: accounts.bot.limit: ")
        );
        assert_eq!(
            check::<Settings>("[").first().map(|f| f.path.is_empty()),
            Some(true)
        );
    }

    #[test]
    fn a_good_one_has_none() {
        let text = r#"{"accounts":{"bot":{"limit":10}}}"#;
        assert!(check::<Settings>(text).is_empty());
        let settings: Settings = parse(text).expect("settings");
        assert_eq!(settings.accounts["bot"].limit, 10);
    }
}
