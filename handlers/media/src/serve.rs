//! Gives files away, once each.
//!
//! It must not know where they lie. The surprise: what uses a file up is an answer with its bytes. A look at its head, or an
//! answer that says the client has it already, leaves it for the next; the legacy uses it up in both cases.

use bytes::Bytes;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
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
        let runs = runs(&entity.content_type);
        let mut response = entity.answer(StatusCode::OK, self.method);
        if runs {
            let alone = HeaderValue::from_static("sandbox");
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, alone);
        }
        Ok(response)
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

/// Whether a browser that opens the file runs what is in it: XML may be a page with scripts, whatever it is called. The
/// files come from strangers and the address is that of the Control UI, whose tokens such a script could read; the legacy
/// lets it.
fn runs(content_type: &HeaderValue) -> bool {
    let whole = content_type.to_str().unwrap_or_default();
    let bare = whole.split(';').next().unwrap_or_default().trim();
    bare.ends_with("+xml") || matches!(bare, "application/xml" | "text/xml" | "text/html")
}

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

#[cfg(test)]
mod tests {
    use overgrow_store::Limits;

    use super::*;

    async fn policy(content: &str) -> Option<HeaderValue> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), content).unwrap();
        let request = Request {
            store: &Store::folder(folder.path(), Limits::default()),
            max_bytes: 1024,
            effects: &Effects::performing(),
            method: &Method::GET,
            headers: &HeaderMap::new(),
        };
        let answer = request.answer(&MediaId::parse("a.txt").unwrap()).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.headers().get(CONTENT_SECURITY_POLICY).cloned()
    }

    #[tokio::test]
    async fn a_file_that_runs_in_a_browser_runs_alone() {
        let page =
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script/></html>";
        assert_eq!(policy(page).await.unwrap(), "sandbox");
        assert_eq!(policy("hello").await, None);
    }

    #[test]
    fn what_runs_is_known_by_its_type() {
        let check = |content_type, expect| {
            let content_type = HeaderValue::from_static(content_type);
            assert_eq!(runs(&content_type), expect, "{content_type:?}");
        };
        check("application/xml", true);
        check("image/svg+xml", true);
        check("text/html; charset=utf-8", true);
        check("text/plain; charset=utf-8", false);
        check("image/png", false);
    }
}
