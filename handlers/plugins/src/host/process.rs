//! Programs of the operator's.

use wasmtime::component::Resource;

use super::State;
use crate::bindings::overgrow::plugin::process::{Error, Host, HostChild, Output};

/// A program that runs.
#[derive(Debug)]
pub struct Child {}

impl Host for State {
    async fn run(
        &mut self,
        _: String,
        _: Vec<String>,
        _: Vec<u8>,
        _: u64,
    ) -> wasmtime::Result<Result<Output, Error>> {
        Ok(Err(super::answer::absent("programs")))
    }

    async fn spawn(
        &mut self,
        _: String,
        _: Vec<String>,
    ) -> wasmtime::Result<Result<Resource<Child>, Error>> {
        Ok(Err(super::answer::absent("programs")))
    }
}

impl HostChild for State {
    async fn next_line(
        &mut self,
        _: Resource<Child>,
        _: u64,
    ) -> wasmtime::Result<Result<Option<String>, Error>> {
        Ok(Ok(None))
    }

    async fn write(
        &mut self,
        _: Resource<Child>,
        _: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(Err(super::answer::absent("programs")))
    }

    async fn drop(&mut self, child: Resource<Child>) -> wasmtime::Result<()> {
        self.table.delete(child)?;
        Ok(())
    }
}
