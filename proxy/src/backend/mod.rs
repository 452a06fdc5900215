//! The two ways to an answer, behind one signature: [`Upstream`] (another process over HTTP) and [`Native`] (a
//! handler in this one).
//!
//! Both are `tower::Service<Request<Body>>`. This room knows nothing of routes, comparison or configuration files.
//! The surprise: the legacy and a Rust service behind `http://` are the same kind of thing.

mod fault;
mod native;
mod patience;
mod replay;
pub mod tunnel;
pub mod upstream;

pub use fault::{Errand, Fault};
pub use native::Native;
pub use patience::{Patience, watched};
pub use replay::Replay;
pub use upstream::Upstream;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use overgrow_handler::Body;

/// Somebody who answers.
#[derive(Debug, Clone)]
pub enum Backend {
    /// Another process, reached over HTTP.
    Upstream(Arc<Upstream>),
    /// A handler in this process.
    Native(Native),
}

impl Backend {
    /// Whether it may leave a request to the legacy.
    pub fn may_decline(&self) -> bool {
        matches!(self, Self::Native(native) if native.may_decline())
    }

    /// Whether it can be asked what it would do, and then touches nothing.
    pub fn is_through_effects(&self) -> bool {
        matches!(self, Self::Native(native) if native.is_through_effects())
    }

    /// Asks for an answer; ends with its head, the body follows at the reader's pace. Dropping the future cancels.
    /// The request is lent and taken out of its place when it is sent: a future that held it would be moved with it.
    ///
    /// # Errors
    /// A [`Fault`] when there is no head to give.
    pub async fn ask(&self, request: &mut Request<Body>) -> Result<Response<Body>, Fault> {
        match self {
            Self::Upstream(upstream) => upstream.ask(request).await,
            Self::Native(native) => native.ask(std::mem::take(request)).await,
        }
    }
}

impl tower::Service<Request<Body>> for Backend {
    type Response = Response<Body>;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Fault>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let backend = self.clone();
        Box::pin(async move { backend.ask(&mut request).await })
    }
}
