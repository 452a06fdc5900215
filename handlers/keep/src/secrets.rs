//! Secrets that plugins were given by others, such as refresh tokens.
//!
//! The file is its owner's alone, and what is replaced or deleted is overwritten in it. The surprise: they are not
//! encrypted, because the key would have to lie beside them.

use std::fmt;

use overgrow_handler::{Effect, Effects};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Keep, KeepError};

/// Bytes of a secret; a private key with its certificates fits.
const LONGEST: usize = 64 * 1024;

/// A secret to be stored. Its `Debug` says nothing of the value.
#[derive(Clone)]
pub struct NewSecret {
    /// Whose.
    pub plugin: String,
    /// What the plugin calls it.
    pub name: String,
    /// The bytes.
    pub value: Vec<u8>,
}

impl Keep {
    /// Stores a secret in the place of the one before. When this returns, it is on the disk. A plan says nothing of the
    /// value, not even its size.
    ///
    /// # Errors
    /// [`KeepError::TooLarge`], or when the file cannot be written.
    pub async fn store_secret(
        &self,
        effects: &Effects,
        secret: NewSecret,
    ) -> Result<(), KeepError> {
        if secret.value.len() > LONGEST {
            let max = LONGEST as u64;
            return Err(KeepError::TooLarge { max });
        }
        let effect = Effect::new("secret", format!("store {}", secret.name));
        let perform = || self.writing.ask(move |file| put(file, &secret));
        effects.run(effect, (), perform).await
    }

    /// A secret that a plugin stored.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn stored_secret(
        &self,
        plugin: &str,
        name: &str,
    ) -> Result<Option<Vec<u8>>, KeepError> {
        let (plugin, name) = (plugin.to_owned(), name.to_owned());
        self.reading
            .ask(move |file| get(file, &plugin, &name))
            .await
    }
}

impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSecret({}/{})", self.plugin, self.name)
    }
}

fn put(file: &Connection, secret: &NewSecret) -> Result<(), KeepError> {
    let sql = "INSERT OR REPLACE INTO secrets (plugin, name, value) VALUES (?1, ?2, ?3)";
    let row = params![secret.plugin, secret.name, secret.value];
    file.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn get(file: &Connection, plugin: &str, name: &str) -> Result<Option<Vec<u8>>, KeepError> {
    let sql = "SELECT value FROM secrets WHERE plugin = ?1 AND name = ?2";
    let mut select = file.prepare_cached(sql)?;
    Ok(select
        .query_row([plugin, name], |row| row.get(0))
        .optional()?)
}
