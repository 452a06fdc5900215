//! Answers and stores media.
//!
//! [`handler`] answers `GET` and `HEAD /media/:id` as the legacy's Express routes do, from a store that both share. It must not
//! know files or sockets: the store touches those.

mod express;
mod route;
mod serve;

use http::{Request, Response, StatusCode};
use overgrow_handler::{Body, BoxError, Call, Handler};
use overgrow_store::Store;

use route::Route;

/// What the media routes allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaLimits {
    /// Bytes that one file may have, coming or going.
    pub max_bytes: u64,
}

impl Default for MediaLimits {
    /// 5 MiB, as in the legacy.
    fn default() -> Self {
        Self {
            max_bytes: 5 * 1024 * 1024,
        }
    }
}

/// The media routes over a store.
pub fn handler(store: Store, limits: MediaLimits) -> Handler {
    let media = Media { store, limits };
    Handler::from_fn(move |request| {
        let media = media.clone();
        async move { media.answer(request).await }
    })
    .through_effects()
}

#[derive(Debug, Clone)]
struct Media {
    store: Store,
    limits: MediaLimits,
}

/// A request reached the handler by another way than through overgrow.
#[derive(Debug, thiserror::Error)]
#[error("the request has no call in its extensions")]
struct NoCall;

impl Media {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (method, path) = (request.method(), request.uri().path());
        match Route::of(method, path) {
            Route::Take(id) | Route::Peek(id) => self.serving(&request)?.answer(&id).await,
            Route::Misnamed => {
                let status = StatusCode::BAD_REQUEST;
                Ok(express::text(status, method, serve::INVALID_PATH))
            }
            Route::Options => Ok(express::options()),
            Route::Undecodable => Ok(express::undecodable(method)),
            Route::Upload | Route::Elsewhere => Ok(express::nothing_here(method, path)),
        }
    }

    fn serving<'a>(&'a self, request: &'a Request<Body>) -> Result<serve::Request<'a>, BoxError> {
        let call = request.extensions().get::<Call>().ok_or(NoCall)?;
        Ok(serve::Request {
            store: &self.store,
            max_bytes: self.limits.max_bytes,
            effects: &call.effects,
            method: request.method(),
            headers: request.headers(),
        })
    }
}
