//! Gives files away, once each.
//!
//! It must not know where they lie. The surprise: what uses a file up is an answer with its bytes. A look at its head, or an
//! answer that says the client has it already, leaves it for the next; the legacy uses it up in both cases.

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use overgrow_handler::{Body, BoxError, Effects};
use overgrow_store::{Held, MediaId, Store, TakeError, mime, name};

use crate::express::{self, Entity};

/// One request for a file.
pub(crate) struct Request<'a> {
    pub(crate) store: &'a Store,
    pub(crate) max_bytes: u64,
    pub(crate) effects: &'a Effects,
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
}

impl Request<'_> {
    /// Answers with the file, or with why not.
    pub(crate) async fn answer(&self, id: &MediaId) -> Result<Response<Body>, BoxError> {
        match self.give(id).await {
            Ok(response) => Ok(response),
            Err(error) => self.refuse(error),
        }
    }

    async fn give(&self, id: &MediaId) -> Result<Response<Body>, TakeError> {
        let held = self.store.read(self.effects, id, self.max_bytes).await?;
        let entity = describe(&held).await;
        if entity.is_known_to(self.headers) {
            return Ok(entity.unchanged());
        }
        if self.method == Method::GET {
            self.store.claim(self.effects, &held).await?;
        }
        Ok(entity.answer(StatusCode::OK, self.method))
    }

    /// A store that failed is an error of ours, and the route's fallback may still answer.
    fn refuse(&self, error: TakeError) -> Result<Response<Body>, BoxError> {
        let (status, text) = match error {
            TakeError::InvalidPath => (StatusCode::BAD_REQUEST, INVALID_PATH),
            TakeError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too large"),
            TakeError::Expired => (StatusCode::GONE, "expired"),
            // What cannot be read is not there for a client, as in the legacy.
            TakeError::NotFound | TakeError::Unreadable(_) => (StatusCode::NOT_FOUND, "not found"),
            TakeError::Remote(_) => return Err(error.into()),
        };
        Ok(express::text(status, self.method, text))
    }
}

/// The text for a name that no file can have.
pub(crate) const INVALID_PATH: &str = "invalid path";

/// Hashing megabytes takes milliseconds, so it is done off the threads that serve connections.
async fn describe(held: &Held) -> Entity {
    let (bytes, id) = (held.bytes.clone(), held.id.clone());
    let described = tokio::task::spawn_blocking(move || entity(bytes, &id)).await;
    // It fails only when the runtime is shutting down; the client gets its file all the same.
    described.unwrap_or_else(|_| entity(held.bytes.clone(), &held.id))
}

fn entity(bytes: Bytes, id: &MediaId) -> Entity {
    let hints = mime::Hints {
        extension: &name::extension(id.as_str()),
        declared: None,
    };
    let content_type = mime::detect(&bytes, hints);
    Entity::new(
        bytes,
        content_type
            .as_deref()
            .unwrap_or("application/octet-stream"),
    )
}
