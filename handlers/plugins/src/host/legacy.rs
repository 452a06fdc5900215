//! Methods of the legacy gateway.

use super::State;
use crate::bindings::overgrow::plugin::legacy::{Error, Host};

impl Host for State {
    async fn call(
        &mut self,
        _: String,
        _: String,
        _: Option<u64>,
    ) -> wasmtime::Result<Result<String, Error>> {
        Ok(Err(super::answer::absent("a legacy gateway")))
    }
}
