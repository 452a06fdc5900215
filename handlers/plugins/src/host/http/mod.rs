//! Outbound HTTP.
//!
//! A request passes through here in this order: it is read, its host judged by the grant, its secrets put in, its rate
//! counted; then it is planned, or sent by [`overgrow_fetch`], which judges addresses and pins connections; each redirect
//! starts over. The surprise: a plan sends what only looks (GET and what the grant marks as read) and nothing else.

mod admit;
mod answer;
mod credential;
mod draft;
mod once;
mod planned;
mod retry;
mod send;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use wasmtime::component::Resource;

pub use self::answer::Response;
pub(crate) use self::draft::plugins_in;
pub(crate) use self::send::Plain;
use super::answer::invalid;
use super::media::NewFile;
use super::{Blob, State};
use crate::bindings::overgrow::plugin::http::{Error, Host, HostResponse, Request, ResponseHead};

/// What is not itself in a segment of a URL's path.
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Bytes of an answer that a guest may take in one go: half of its usual memory.
pub(crate) const WHOLE: u64 = 32 * 1024 * 1024;

impl Host for State {
    async fn send(
        &mut self,
        request: Request,
    ) -> wasmtime::Result<Result<Resource<Response>, Error>> {
        let parts = self.parts(request)?;
        Ok(match self.send_parts(parts).await {
            Ok(response) => Ok(self.table.push(response)?),
            Err(error) => Err(error),
        })
    }
}

impl HostResponse for State {
    fn head(&mut self, response: Resource<Response>) -> wasmtime::Result<ResponseHead> {
        Ok(self.table.get(&response)?.head.clone())
    }

    async fn read(
        &mut self,
        response: Resource<Response>,
        max: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        if max == 0 {
            return Ok(Err(invalid("nothing is no piece")));
        }
        let response = self.table.get_mut(&response)?;
        let piece = response.read(max as usize).await;
        Ok(piece.map(|piece| piece.map(Vec::from)))
    }

    async fn body(
        &mut self,
        response: Resource<Response>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let rest = self.table.get_mut(&response)?.rest(WHOLE).await;
        Ok(rest.map(Vec::from))
    }

    async fn save(
        &mut self,
        response: Resource<Response>,
        content_type: Option<String>,
        filename: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        let room = match self.media_room() {
            Ok(room) => room,
            Err(error) => return Ok(Err(error)),
        };
        let bytes = match self.table.get_mut(&response)?.rest(room).await {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
        let file = NewFile {
            bytes,
            content_type,
            filename,
        };
        Ok(match self.put_file(file).await {
            Ok(stored) => self.hold(stored)?,
            Err(error) => Err(error),
        })
    }

    async fn drop(&mut self, response: Resource<Response>) -> wasmtime::Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}
