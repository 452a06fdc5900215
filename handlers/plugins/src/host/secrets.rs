//! Secrets: use without seeing.

use wasmtime::component::Resource;

use super::State;
use crate::bindings::overgrow::plugin::secrets::{Error, Host, HostSecret, Mac};

/// A secret that was opened.
#[derive(Debug)]
pub struct Secret {}

impl Host for State {
    async fn open(&mut self, _: String) -> wasmtime::Result<Result<Resource<Secret>, Error>> {
        Ok(Err(super::answer::absent("secrets")))
    }

    async fn store(&mut self, _: String, _: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(Err(super::answer::absent("secrets")))
    }
}

impl HostSecret for State {
    fn sign(
        &mut self,
        _: Resource<Secret>,
        _: Mac,
        _: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        Ok(Err(super::answer::absent("secrets")))
    }

    fn matches(&mut self, _: Resource<Secret>, _: Vec<u8>) -> wasmtime::Result<bool> {
        Ok(false)
    }

    fn reveal(&mut self, _: Resource<Secret>) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        Ok(Err(super::answer::absent("secrets")))
    }

    async fn drop(&mut self, secret: Resource<Secret>) -> wasmtime::Result<()> {
        self.table.delete(secret)?;
        Ok(())
    }
}
