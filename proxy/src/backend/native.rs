//! A handler in this process, kept from hurting its neighbours.
//!
//! A panic, in the handler or later in its body, is that call's failure and nothing else's.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use overgrow_handler::{Body, BoxError, Declined, Handler};
use tower::Service;

use super::Fault;

/// A native backend; cheap to clone.
#[derive(Debug, Clone)]
pub struct Native {
    handler: Handler,
}

impl Native {
    /// Puts a handler behind the backend signature.
    pub fn new(handler: Handler) -> Self {
        Self { handler }
    }

    /// Whether the handler may leave a request to the legacy.
    pub fn may_decline(&self) -> bool {
        self.handler.may_decline()
    }

    /// Whether the handler does everything to the world through its call's effects.
    pub fn is_through_effects(&self) -> bool {
        self.handler.is_through_effects()
    }

    /// Runs the handler up to its response head. Dropping the future cancels the handler.
    ///
    /// # Errors
    /// [`Fault::Panicked`], [`Fault::Failed`], [`Fault::Declined`], or [`Fault::ForeignSwitch`] for a 101 that nobody asked for: there is
    /// no connection that could leave HTTP.
    pub async fn ask(&self, request: Request<Body>) -> Result<Response<Body>, Fault> {
        let may_switch = request.headers().contains_key(header::UPGRADE);
        let mut handler = self.handler.clone();
        // The call itself is inside too: a service may panic before it returns its future.
        let answering = AssertUnwindSafe(async move { handler.call(request).await });
        match answering.catch_unwind().await {
            Ok(Ok(response)) if is_switch(&response) && !may_switch => Err(Fault::ForeignSwitch),
            Ok(Ok(response)) => Ok(response.map(|body| Body::new(Shielded(body)))),
            Ok(Err(error)) => Err(fault_of(error)),
            Err(panic) => {
                tracing::error!(panic = panic_text(panic.as_ref()), "a handler panicked");
                Err(Fault::Panicked)
            }
        }
    }
}

fn fault_of(error: BoxError) -> Fault {
    match error.downcast_ref::<Declined>() {
        Some(declined) => Fault::Declined(*declined),
        None => Fault::Failed(error),
    }
}

fn is_switch(response: &Response<Body>) -> bool {
    response.status() == StatusCode::SWITCHING_PROTOCOLS
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// A body whose panics become errors, so that the connection ends in order.
struct Shielded(Body);

impl http_body::Body for Shielded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled =
            std::panic::catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.0).poll_frame(cx)));
        polled.unwrap_or_else(|panic| {
            tracing::error!(
                panic = panic_text(panic.as_ref()),
                "a handler's body panicked"
            );
            self.0 = Body::empty();
            Poll::Ready(Some(Err("the handler's body panicked".into())))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_switch_that_nobody_asked_for_is_a_fault() {
        let switching = Handler::from_fn(|_| async {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            Ok(response)
        });
        let native = Native::new(switching);
        let fault = native.ask(Request::new(Body::empty())).await.unwrap_err();
        assert!(matches!(fault, Fault::ForeignSwitch), "{fault}");
        let asked = Request::builder().header("upgrade", "websocket");
        let answer = native.ask(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.unwrap().status(), 101);
    }
}
