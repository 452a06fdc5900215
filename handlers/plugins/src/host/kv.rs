//! Small durable state.

use super::State;
use crate::bindings::overgrow::plugin::kv::{Entry, Error, Host};

impl Host for State {
    async fn get(&mut self, _: String) -> wasmtime::Result<Result<Option<Entry>, Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }

    async fn set(
        &mut self,
        _: String,
        _: Vec<u8>,
        _: Option<u64>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }

    async fn compare_and_set(
        &mut self,
        _: String,
        _: u64,
        _: Vec<u8>,
        _: Option<u64>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }

    async fn delete(&mut self, _: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }

    async fn list_keys(
        &mut self,
        _: String,
        _: Option<String>,
        _: u32,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }
}
