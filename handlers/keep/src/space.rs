//! A space as one call sees it.
//!
//! Performing, it is the file. Planning, what the call writes lies over what the file has, so that it reads its own
//! writes and nobody else does; versions, quotas and conflicts come out as they would have.

use std::collections::BTreeMap;

use overgrow_handler::{Effect, Effects};
use serde_json::json;

use crate::entries::{self, Entry, Quota, Setting, Usage, When};
use crate::{Keep, KeepError};

/// Longest key, bytes: a path or a message id, not a document.
const KEY: usize = 512;

/// Keys that are listed at once.
const LISTED: u32 = 1000;

/// A space of keys, for one call.
#[derive(Debug)]
pub struct Space {
    keep: Keep,
    name: String,
    quota: Quota,
    overlay: Overlay,
}

/// What a planned call wrote. A version is the last one of the file and as many more as were written.
#[derive(Debug, Default)]
struct Overlay {
    entries: BTreeMap<String, Option<Entry>>,
    usage: Option<Usage>,
    writes: u64,
}

/// A value to be set.
#[derive(Debug, Clone)]
pub struct Put {
    /// Under which key: 1 to 512 bytes.
    pub key: String,
    /// The bytes.
    pub value: Vec<u8>,
    /// On what condition.
    pub when: When,
    /// Milliseconds after which it is gone; `None` keeps it.
    pub ttl: Option<u64>,
}

impl Keep {
    /// A space; whoever gives the same name has the same one.
    pub fn space(&self, name: impl Into<String>, quota: Quota) -> Space {
        Space {
            keep: self.clone(),
            name: name.into(),
            quota,
            overlay: Overlay::default(),
        }
    }

    /// What a space takes; what expired is in it until the next write.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn usage(&self, space: &str) -> Result<Usage, KeepError> {
        let space = space.to_owned();
        let usage = move |file: &_| entries::usage(file, &space);
        self.reading.ask(usage).await
    }
}

impl Space {
    /// What stands under a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, key: &str) -> Result<Option<Entry>, KeepError> {
        if let Some(written) = self.overlay.entries.get(key) {
            return Ok(written.clone());
        }
        let (space, key, now) = (self.name.clone(), key.to_owned(), self.keep.now());
        let get = move |file: &_| entries::get(file, &space, &key, now);
        self.keep.reading.ask(get).await
    }

    /// Sets a value; gives its version. When it returns, the value is on the disk. Dropping the future may leave it set.
    ///
    /// # Errors
    /// [`KeepError::Conflict`] when the condition does not hold, [`KeepError::TooLarge`] and [`KeepError::TooMany`] of
    /// the quota, in a plan too; else when the file cannot be written.
    pub async fn set(&mut self, effects: &Effects, put: Put) -> Result<u64, KeepError> {
        if put.key.is_empty() || put.key.len() > KEY {
            return Err(KeepError::TooLarge { max: KEY as u64 });
        }
        let planned = match effects.is_planning() {
            true => self.lay(&put).await?,
            false => 0,
        };
        let effect = setting(&put);
        let setting = self.setting(put);
        let desk = &self.keep.writing;
        let perform = || desk.ask(move |file| entries::set(file, &setting));
        effects.run(effect, planned, perform).await
    }

    /// Deletes a key; whether there was one. Dropping the future may leave it deleted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn delete(&mut self, effects: &Effects, key: &str) -> Result<bool, KeepError> {
        let planned = match effects.is_planning() {
            true => self.lift(key).await?,
            false => false,
        };
        let effect = Effect::new("kv", format!("delete {key}"));
        let (space, key, now) = (self.name.clone(), key.to_owned(), self.keep.now());
        let desk = &self.keep.writing;
        let perform = || desk.ask(move |file| entries::delete(file, &space, &key, now));
        effects.run(effect, planned, perform).await
    }

    /// Keys that begin with a prefix, in order, behind `after`; no more than a thousand at once.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, KeepError> {
        let limit = limit.min(LISTED);
        // As many more as the overlay may have deleted.
        let asked = limit.saturating_add(self.overlay.entries.len() as u32);
        let (space, now) = (self.name.clone(), self.keep.now());
        let (from, behind) = (prefix.to_owned(), after.map(str::to_owned));
        let keys =
            move |file: &_| entries::keys(file, &space, &from, behind.as_deref(), asked, now);
        let mut keys = self.keep.reading.ask(keys).await?;
        self.overlay.merge(&mut keys, prefix, after);
        keys.truncate(limit as usize);
        Ok(keys)
    }

    fn setting(&self, put: Put) -> Setting {
        let now = self.keep.now();
        Setting {
            space: self.name.clone(),
            key: put.key,
            value: put.value,
            when: put.when,
            expires: put.ttl.map(|ttl| now.saturating_add(ttl)),
            quota: self.quota,
            now,
        }
    }

    /// Sets a value in the overlay; the version that it would have had, near enough.
    async fn lay(&mut self, put: &Put) -> Result<u64, KeepError> {
        let old = self.get(&put.key).await?;
        let version = old.as_ref().map_or(0, |entry| entry.version);
        put.when.admit(version)?;
        let usage = self.planned_usage().await?;
        let before = old.map_or(0, |entry| entries::size(&put.key, &entry.value));
        let usage = usage.exchanged(before, entries::size(&put.key, &put.value));
        self.quota.admit(usage)?;
        let version = version + 1 + self.overlay.writes;
        let entry = Entry {
            value: put.value.clone(),
            version,
        };
        self.overlay.write(&put.key, Some(entry), usage);
        Ok(version)
    }

    /// Deletes a key in the overlay; whether there was one.
    async fn lift(&mut self, key: &str) -> Result<bool, KeepError> {
        let Some(old) = self.get(key).await? else {
            return Ok(false);
        };
        let usage = self.planned_usage().await?;
        let usage = usage.exchanged(entries::size(key, &old.value), 0);
        self.overlay.write(key, None, usage);
        Ok(true)
    }

    async fn planned_usage(&self) -> Result<Usage, KeepError> {
        match self.overlay.usage {
            Some(usage) => Ok(usage),
            None => self.keep.usage(&self.name).await,
        }
    }
}

impl Overlay {
    fn write(&mut self, key: &str, entry: Option<Entry>, usage: Usage) {
        self.entries.insert(key.to_owned(), entry);
        self.usage = Some(usage);
        self.writes += 1;
    }

    /// Puts what was written among keys of the file, and takes out what was deleted.
    fn merge(&self, keys: &mut Vec<String>, prefix: &str, after: Option<&str>) {
        keys.retain(|key| !self.entries.contains_key(key));
        let written = self.entries.iter().filter(|(key, entry)| {
            entry.is_some()
                && key.starts_with(prefix)
                && after.is_none_or(|after| key.as_str() > after)
        });
        keys.extend(written.map(|(key, _)| key.clone()));
        keys.sort_unstable();
    }
}

/// The value as a digest: it may be private, and two plans of the same value are equal all the same.
fn setting(put: &Put) -> Effect {
    let mut effect = Effect::new("kv", format!("set {}", put.key)).payload(&put.value);
    if let Some(ttl) = put.ttl {
        effect.detail["ttl"] = json!(ttl);
    }
    effect
}
