//! One type for every handler, whatever service it is made of.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower::{Layer, Service, ServiceExt};

use crate::{Body, BoxError};

/// The future of an answer; dropping it cancels the handler.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

/// A handler with its type erased; cheap to clone.
#[derive(Clone)]
pub struct Handler {
    answer: Arc<dyn Answer>,
    conduct: Conduct,
    scope: Scope,
    leaves: Option<Arc<dyn Fn() -> Vec<String> + Send + Sync>>,
}

/// What a handler says of how it acts on the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conduct {
    Unknown,
    ThroughEffects,
}

/// Whether a handler answers all that it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Everything,
    MayDecline,
}

trait Answer: Send + Sync {
    fn answer(&self, request: Request<Body>) -> Answering;
}

struct Erased<S>(S);

impl Handler {
    /// Takes any service; it is cloned for each call and polled for readiness first, so limits in it are honoured.
    /// One that is a `Handler` already comes back as it is, with what it declared.
    pub fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if let Some(same) = (&service as &dyn Any).downcast_ref::<Self>() {
            return same.clone();
        }
        Self {
            answer: Arc::new(Erased(service)),
            conduct: Conduct::Unknown,
            scope: Scope::Everything,
            leaves: None,
        }
    }

    /// Makes a handler of an async function.
    pub fn from_fn<F, R>(function: F) -> Self
    where
        F: Fn(Request<Body>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<Response<Body>, BoxError>> + Send + 'static,
    {
        Self::new(tower::service_fn(function))
    }

    /// Puts a tower layer around it. What this handler declared holds for the whole: a layer that acts on the world by
    /// itself must not be put around a handler whose writes are planned.
    #[must_use]
    pub fn layered<L, B>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let outer = Self::new(layer.layer(self.clone()));
        Self {
            answer: outer.answer,
            ..self
        }
    }

    /// Declares that everything this handler does to the world goes through [`Effects`](crate::Effects), so that a
    /// plan of its writes can be asked for. Nobody checks it: a handler that sends a mail by other means sends it
    /// once more for each plan.
    #[must_use]
    pub fn through_effects(mut self) -> Self {
        self.conduct = Conduct::ThroughEffects;
        self
    }

    /// Whether that was declared.
    pub fn is_through_effects(&self) -> bool {
        self.conduct == Conduct::ThroughEffects
    }

    /// Declares that this handler may give [`Declined`](crate::Declined): request bodies are then kept for the legacy.
    #[must_use]
    pub fn declining(mut self) -> Self {
        self.scope = Scope::MayDecline;
        self
    }

    /// Whether that was declared.
    pub fn may_decline(&self) -> bool {
        self.scope == Scope::MayDecline
    }

    /// Says what is left to the legacy even when this handler answers, one line each, for people who want to switch the
    /// legacy off. Asked whenever somebody looks, so it may change.
    #[must_use]
    pub fn leaving(mut self, leaves: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        self.leaves = Some(Arc::new(leaves));
        self
    }

    /// What is left to the legacy; nothing, for a handler that does not say.
    pub fn leaves(&self) -> Vec<String> {
        self.leaves
            .as_ref()
            .map(|leaves| leaves())
            .unwrap_or_default()
    }
}

impl<S, B> Answer for Erased<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn answer(&self, request: Request<Body>) -> Answering {
        let service = self.0.clone();
        Box::pin(async move {
            let response = service.oneshot(request).await.map_err(Into::into)?;
            Ok(response.map(Body::new))
        })
    }
}

impl Service<Request<Body>> for Handler {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        self.answer.answer(request)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt, Full};

    use super::*;

    #[test]
    fn a_plain_service_becomes_a_handler() {
        let service = tower::service_fn(|_: Request<Body>| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
        });
        let mut handler = Handler::new(service);
        let answer =
            futures_util::FutureExt::now_or_never(handler.call(Request::new(Body::empty())));
        let body = answer.expect("ready").expect("no error").into_body();
        let bytes = futures_util::FutureExt::now_or_never(body.collect())
            .expect("ready")
            .expect("whole")
            .to_bytes();
        assert_eq!(&bytes[..], b"hello");
    }

    #[test]
    fn a_layer_answers_and_what_was_declared_still_holds() {
        let inner = Handler::from_fn(|_| async { Ok(Response::new(Body::from("inner"))) });
        let broken = tower::layer::layer_fn(|_inner: Handler| {
            tower::service_fn(|_: Request<Body>| async {
                let answer = Response::builder().status(500);
                Ok::<_, BoxError>(answer.body(Body::empty())?)
            })
        });
        let mut layered = inner.through_effects().declining().layered(&broken);
        assert!(layered.is_through_effects() && layered.may_decline());
        let answer =
            futures_util::FutureExt::now_or_never(layered.call(Request::new(Body::empty())));
        assert_eq!(answer.expect("ready").expect("no error").status(), 500);
    }

    #[test]
    fn a_declaration_outlives_being_wrapped_again() {
        let silent = Handler::from_fn(|_| async { Ok(Response::new(Body::empty())) });
        assert!(!Handler::new(silent.clone()).is_through_effects());
        assert!(Handler::new(silent.clone().through_effects()).is_through_effects());
        assert!(!silent.may_decline() && silent.leaves().is_empty());
        let told = silent
            .declining()
            .leaving(|| vec!["agents' turns".to_owned()]);
        assert!(Handler::new(told.clone()).may_decline());
        assert_eq!(Handler::new(told).leaves(), ["agents' turns"]);
    }
}
