//! Work for later.

use super::State;
use crate::bindings::overgrow::plugin::timers::{Error, Host, Timer};

impl Host for State {
    async fn arm(&mut self, _: Timer) -> wasmtime::Result<Result<(), Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }

    async fn cancel(&mut self, _: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(Err(super::answer::absent("durable state")))
    }
}
