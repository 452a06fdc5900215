//! Messages from the outside world for the gateway.

use super::State;
use crate::bindings::overgrow::plugin::inbound::{Error, Event, Host, Receipt};

impl Host for State {
    async fn submit(
        &mut self,
        _: Event,
        _: Vec<String>,
    ) -> wasmtime::Result<Result<Receipt, Error>> {
        Ok(Err(super::answer::absent("an inbox")))
    }

    async fn presence(
        &mut self,
        _: String,
        _: String,
        _: String,
        _: bool,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(Err(super::answer::absent("an inbox")))
    }
}
