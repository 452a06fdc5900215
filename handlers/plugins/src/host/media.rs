//! The media store.

use wasmtime::component::Resource;

use super::State;
use crate::bindings::overgrow::plugin::media::{BlobInfo, Error, Host, HostBlob};

/// A stored file, by handle.
#[derive(Debug)]
pub struct Blob {
    info: BlobInfo,
}

impl Host for State {
    async fn open(&mut self, _: String) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        Ok(Err(super::answer::absent("media")))
    }

    async fn put(
        &mut self,
        _: Vec<u8>,
        _: Option<String>,
        _: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        Ok(Err(super::answer::absent("media")))
    }

    async fn publish(
        &mut self,
        _: Resource<Blob>,
        _: u64,
    ) -> wasmtime::Result<Result<String, Error>> {
        Ok(Err(super::answer::absent("media")))
    }
}

impl HostBlob for State {
    fn info(&mut self, blob: Resource<Blob>) -> wasmtime::Result<BlobInfo> {
        Ok(self.table.get(&blob)?.info.clone())
    }

    async fn read(
        &mut self,
        _: Resource<Blob>,
        _: u64,
        _: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        Ok(Err(super::answer::absent("media")))
    }

    async fn drop(&mut self, blob: Resource<Blob>) -> wasmtime::Result<()> {
        self.table.delete(blob)?;
        Ok(())
    }
}
