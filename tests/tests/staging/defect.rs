//! A defect that can be planted in a native handler while it serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::{Request, Response, StatusCode};
use overgrow_handler::{Body, BoxError, Call, Handler, Role};
use tower::{Layer, Service, ServiceExt};

/// What a broken answer says, so that nothing else is taken for one.
pub(crate) const BROKEN: &str = "the planted defect";

/// The switch, and the count of clients who met it. Clones are the same defect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defect(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    planted: AtomicBool,
    served: AtomicU64,
}

impl Defect {
    /// From here on every answer is broken.
    pub(crate) fn plant(&self) {
        self.0.planted.store(true, Ordering::SeqCst);
    }

    /// Broken answers that went to clients; what is asked for a comparison only does not count.
    pub(crate) fn served(&self) -> u64 {
        self.0.served.load(Ordering::SeqCst)
    }

    fn breaks(&self, request: &Request<Body>) -> bool {
        let planted = self.0.planted.load(Ordering::SeqCst);
        let call = request.extensions().get::<Call>();
        if planted && call.is_some_and(|call| call.role == Role::Primary) {
            self.0.served.fetch_add(1, Ordering::SeqCst);
        }
        planted
    }
}

impl Layer<Handler> for Defect {
    type Service = Defective;

    fn layer(&self, inner: Handler) -> Defective {
        let defect = self.clone();
        Defective { defect, inner }
    }
}

/// A handler with the defect in it.
#[derive(Debug, Clone)]
pub(crate) struct Defective {
    defect: Defect,
    inner: Handler,
}

impl Service<Request<Body>> for Defective {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = overgrow_handler::Answering;

    fn poll_ready(
        &mut self,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !self.defect.breaks(&request) {
            return Box::pin(self.inner.clone().oneshot(request));
        }
        Box::pin(async {
            let answer = Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR);
            Ok(answer.body(Body::from(BROKEN))?)
        })
    }
}
