//! Keys and values in the file, counted to the byte.
//!
//! It knows spaces and quotas, and neither plugins nor plans. The surprise: what expired is removed and discounted before
//! anything else is counted, so that nobody is refused room for what nobody can read.

use rusqlite::{Connection, OptionalExtension, params};

use crate::KeepError;

/// A value and the version under which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Vec<u8>,
    /// Another one after each change, and never one that this space had before.
    pub version: u64,
}

/// What a space may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of keys and values together.
    pub bytes: u64,
    /// How many keys.
    pub keys: u64,
}

/// What a space takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes of keys and values together.
    pub bytes: u64,
    /// How many keys.
    pub keys: u64,
}

/// When a value may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In any case.
    Always,
    /// When the key has this version still; 0 when there is no such key.
    Version(u64),
}

/// A value to be set.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) space: String,
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    pub(crate) when: When,
    /// Unix milliseconds after which it is not there; `None` is never.
    pub(crate) expires: Option<u64>,
    pub(crate) quota: Quota,
    pub(crate) now: u64,
}

impl Quota {
    /// Whether what would be taken may be.
    pub(crate) fn admit(self, usage: Usage) -> Result<(), KeepError> {
        if usage.bytes > self.bytes {
            return Err(KeepError::TooLarge { max: self.bytes });
        }
        if usage.keys > self.keys {
            return Err(KeepError::TooMany { max: self.keys });
        }
        Ok(())
    }
}

impl Usage {
    /// With one entry of this size in the place of one of that; 0 is none, since a key has a byte at least.
    pub(crate) fn exchanged(self, old: u64, new: u64) -> Self {
        let keys = self.keys + u64::from(new > 0);
        Self {
            bytes: (self.bytes + new).saturating_sub(old),
            keys: keys.saturating_sub(u64::from(old > 0)),
        }
    }
}

impl When {
    /// Whether a key that has this version may be set.
    pub(crate) fn admit(self, version: u64) -> Result<(), KeepError> {
        match self {
            Self::Version(expected) if expected != version => Err(KeepError::Conflict),
            _ => Ok(()),
        }
    }
}

pub(crate) fn get(
    file: &Connection,
    space: &str,
    key: &str,
    now: u64,
) -> Result<Option<Entry>, KeepError> {
    let sql = "SELECT value, version FROM entries
               WHERE space = ?1 AND key = ?2 AND (expires IS NULL OR expires > ?3)";
    let mut select = file.prepare_cached(sql)?;
    let entry = select.query_row(params![space, key, now], |row| {
        Ok(Entry {
            value: row.get(0)?,
            version: row.get(1)?,
        })
    });
    Ok(entry.optional()?)
}

/// Sets a value and gives its version.
pub(crate) fn set(file: &Connection, setting: &Setting) -> Result<u64, KeepError> {
    let Setting { space, key, .. } = setting;
    purge(file, space, setting.now)?;
    let (old, version) = standing(file, space, key)?;
    setting.when.admit(version)?;
    let (usage, last) = tally(file, space)?;
    let usage = usage.exchanged(old, size(key, &setting.value));
    setting.quota.admit(usage)?;
    let version = last + 1;
    note(file, space, usage, version)?;
    let sql = "INSERT OR REPLACE INTO entries (space, key, value, version, expires)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![space, key, setting.value, version, setting.expires];
    file.prepare_cached(sql)?.execute(row)?;
    Ok(version)
}

/// Deletes a key; whether there was one.
pub(crate) fn delete(
    file: &Connection,
    space: &str,
    key: &str,
    now: u64,
) -> Result<bool, KeepError> {
    purge(file, space, now)?;
    let (old, _) = standing(file, space, key)?;
    if old == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM entries WHERE space = ?1 AND key = ?2";
    file.prepare_cached(sql)?.execute([space, key])?;
    let (usage, last) = tally(file, space)?;
    note(file, space, usage.exchanged(old, 0), last)?;
    Ok(true)
}

/// Keys that begin with a prefix, in the order of their bytes, behind another key.
pub(crate) fn keys(
    file: &Connection,
    space: &str,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    now: u64,
) -> Result<Vec<String>, KeepError> {
    let sql = "SELECT key FROM entries
               WHERE space = ?1 AND key >= ?2 AND (?3 IS NULL OR key > ?3)
                 AND substr(key, 1, length(?2)) = ?2 AND (expires IS NULL OR expires > ?4)
               ORDER BY key LIMIT ?5";
    let mut select = file.prepare_cached(sql)?;
    let keys = select.query_map(params![space, prefix, after, now, limit], |row| row.get(0))?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

/// What a space takes, with what expired.
pub(crate) fn usage(file: &Connection, space: &str) -> Result<Usage, KeepError> {
    Ok(tally(file, space)?.0)
}

/// What a space takes and the last version that it gave.
fn tally(file: &Connection, space: &str) -> Result<(Usage, u64), KeepError> {
    let sql = "SELECT bytes, keys, version FROM spaces WHERE name = ?1";
    let row = file.prepare_cached(sql)?.query_row([space], |row| {
        let usage = Usage {
            bytes: row.get(0)?,
            keys: row.get(1)?,
        };
        Ok((usage, row.get(2)?))
    });
    Ok(row.optional()?.unwrap_or_default())
}

fn note(file: &Connection, space: &str, usage: Usage, version: u64) -> Result<(), KeepError> {
    let sql = "INSERT OR REPLACE INTO spaces (name, bytes, keys, version) VALUES (?1, ?2, ?3, ?4)";
    let row = params![space, usage.bytes, usage.keys, version];
    file.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Size and version of what stands under a key; zeros when nothing does.
fn standing(file: &Connection, space: &str, key: &str) -> Result<(u64, u64), KeepError> {
    let sql = "SELECT octet_length(key) + length(value), version FROM entries
               WHERE space = ?1 AND key = ?2";
    let mut select = file.prepare_cached(sql)?;
    let row = select.query_row([space, key], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(row.optional()?.unwrap_or_default())
}

/// Removes what expired in a space.
fn purge(file: &Connection, space: &str, now: u64) -> Result<(), KeepError> {
    let sql = "DELETE FROM entries WHERE space = ?1 AND expires IS NOT NULL AND expires <= ?2
               RETURNING octet_length(key) + length(value)";
    let mut remove = file.prepare_cached(sql)?;
    let sizes = remove.query_map(params![space, now], |row| row.get(0))?;
    let gone: Vec<u64> = sizes.collect::<rusqlite::Result<_>>()?;
    if gone.is_empty() {
        return Ok(());
    }
    let (usage, last) = tally(file, space)?;
    let left = gone
        .iter()
        .fold(usage, |usage, old| usage.exchanged(*old, 0));
    note(file, space, left, last)
}

/// Bytes that an entry counts for.
pub(crate) fn size(key: &str, value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64
}
