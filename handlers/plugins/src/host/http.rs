//! Outbound HTTP.

use wasmtime::component::Resource;

use super::{Blob, State};
use crate::bindings::overgrow::plugin::http::{Error, Host, HostResponse, Request, ResponseHead};

/// What is not itself in a segment of a URL's path.
pub(super) const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An answer that was sent for.
#[derive(Debug)]
pub struct Response {
    head: ResponseHead,
}

impl Host for State {
    async fn send(&mut self, _: Request) -> wasmtime::Result<Result<Resource<Response>, Error>> {
        Ok(Err(super::answer::absent("outbound HTTP")))
    }
}

impl HostResponse for State {
    fn head(&mut self, response: Resource<Response>) -> wasmtime::Result<ResponseHead> {
        Ok(self.table.get(&response)?.head.clone())
    }

    async fn read(
        &mut self,
        _: Resource<Response>,
        _: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(Err(super::answer::absent("outbound HTTP")))
    }

    async fn body(&mut self, _: Resource<Response>) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        Ok(Err(super::answer::absent("outbound HTTP")))
    }

    async fn save(
        &mut self,
        _: Resource<Response>,
        _: Option<String>,
        _: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        Ok(Err(super::answer::absent("outbound HTTP")))
    }

    async fn drop(&mut self, response: Resource<Response>) -> wasmtime::Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}
