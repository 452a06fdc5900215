//! Small durable state.
//!
//! The keep does the work, plans included; here is what a grant has to say of it. The surprise: plugins whose grants name
//! the same namespace share it, and a plugin's own cannot be named by another.

use overgrow_keep::{Put, Quota, Space, When};

use super::{State, answer};
use crate::bindings::overgrow::plugin::kv::{Entry, Error, Host};

/// Longest key, bytes, as in the keep.
const KEY: usize = 512;

impl Host for State {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Entry>, Error>> {
        Ok(self.kv_get(&key).await)
    }

    async fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        ttl: Option<u64>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let when = When::Always;
        let put = Put {
            key,
            value,
            when,
            ttl,
        };
        Ok(self.kv_set(put).await)
    }

    async fn compare_and_set(
        &mut self,
        key: String,
        expected: u64,
        value: Vec<u8>,
        ttl: Option<u64>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let when = When::Version(expected);
        let put = Put {
            key,
            value,
            when,
            ttl,
        };
        Ok(self.kv_set(put).await)
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.kv_delete(&key).await)
    }

    async fn list_keys(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(self.kv_keys(&prefix, after.as_deref(), limit).await)
    }
}

impl State {
    async fn kv_get(&mut self, key: &str) -> Result<Option<Entry>, Error> {
        let found = self.space()?.get(key).await.map_err(answer::kept)?;
        Ok(found.map(|entry| Entry {
            value: entry.value,
            version: entry.version,
        }))
    }

    async fn kv_set(&mut self, put: Put) -> Result<u64, Error> {
        if put.key.is_empty() || put.key.len() > KEY {
            return Err(answer::invalid(format!("a key has 1 to {KEY} bytes")));
        }
        let effects = self.ask.effects.clone();
        let set = self.space()?.set(&effects, put).await;
        set.map_err(answer::kept)
    }

    async fn kv_delete(&mut self, key: &str) -> Result<bool, Error> {
        let effects = self.ask.effects.clone();
        let deleted = self.space()?.delete(&effects, key).await;
        deleted.map_err(answer::kept)
    }

    async fn kv_keys(
        &mut self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, Error> {
        let keys = self.space()?.keys(prefix, after, limit).await;
        keys.map_err(answer::kept)
    }

    fn space(&mut self) -> Result<&mut Space, Error> {
        let Some(grant) = &self.who.grant.kv else {
            return Err(self.who.denied("kv", "kv = true"));
        };
        let name = match &grant.namespace {
            Some(shared) => format!("shared/{shared}"),
            None => format!("plugin/{}", self.who.name),
        };
        let quota = Quota {
            bytes: grant.max_bytes,
            keys: grant.max_keys.into(),
        };
        let keep = self.who.keep()?;
        Ok(self.space.get_or_insert_with(|| keep.space(name, quota)))
    }
}
