//! Answers and stores media.
//!
//! [`handler`] answers `GET` and `HEAD /media/:id` as the legacy's Express routes do, from a store that both share, and takes
//! uploads where they are switched on. It must not know files or sockets: the store touches those.

mod express;
mod route;
mod serve;
mod upload;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use overgrow_handler::{Body, BoxError, Call, Effects, Handler};
use overgrow_store::Store;

pub use upload::{Fetched, Helpers, Reduce, Refusal, Source, Upload};

use route::Route;

/// What the media routes allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaLimits {
    /// Bytes that one file may have, coming or going.
    pub max_bytes: u64,
    /// Bytes that an image may have before it is reduced to `max_bytes`.
    pub max_unreduced_bytes: u64,
}

impl Default for MediaLimits {
    /// 5 MiB, as in the legacy; 20 MiB is a photograph of any telephone.
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            max_bytes: 5 * MIB,
            max_unreduced_bytes: 20 * MIB,
        }
    }
}

/// The media routes over a store.
pub fn handler(store: Store, limits: MediaLimits, upload: Upload) -> Handler {
    let media = Media {
        store,
        limits,
        upload,
    };
    Handler::from_fn(move |request| {
        let media = media.clone();
        async move { media.answer(request).await }
    })
    .through_effects()
}

#[derive(Clone)]
struct Media {
    store: Store,
    limits: MediaLimits,
    upload: Upload,
}

/// A request reached the handler by another way than through overgrow.
#[derive(Debug, thiserror::Error)]
#[error("the request has no call in its extensions")]
struct NoCall;

impl Media {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        let (method, path) = (&head.method, head.uri.path());
        match (Route::of(method, path), &self.upload) {
            (Route::Take(id) | Route::Peek(id), _) => self.serving(&head)?.answer(&id).await,
            (Route::Misnamed, _) => {
                let status = StatusCode::BAD_REQUEST;
                Ok(express::text(status, method, serve::INVALID_PATH))
            }
            (Route::Options, _) => Ok(express::options()),
            (Route::Undecodable, _) => Ok(express::undecodable(method)),
            (Route::Upload, Upload::On(helpers)) => {
                self.keeping(&head, helpers)?.answer(body).await
            }
            (Route::Upload | Route::Elsewhere, _) => Ok(express::nothing_here(method, path)),
        }
    }

    fn serving<'a>(&'a self, head: &'a Parts) -> Result<serve::Request<'a>, NoCall> {
        Ok(serve::Request {
            store: &self.store,
            max_bytes: self.limits.max_bytes,
            effects: effects(head)?,
            method: &head.method,
            headers: &head.headers,
        })
    }

    fn keeping<'a>(
        &'a self,
        head: &'a Parts,
        helpers: &'a Helpers,
    ) -> Result<upload::Request<'a>, NoCall> {
        Ok(upload::Request {
            store: &self.store,
            limits: self.limits,
            helpers,
            effects: effects(head)?,
            query: head.uri.query(),
            headers: &head.headers,
        })
    }
}

fn effects(head: &Parts) -> Result<&Effects, NoCall> {
    let call: Option<&Call> = head.extensions.get();
    call.map(|call| &call.effects).ok_or(NoCall)
}
