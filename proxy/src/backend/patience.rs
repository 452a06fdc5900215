//! How long to wait for a response head.
//!
//! The surprise: the clock runs from the last sign of life of the request body, not from its start, so that a slow
//! upload is not cut by a limit that is meant for a slow answer. Having the body in view, this room also knows when a
//! missing answer is the body's own fault, which an HTTP library may report as anything.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use overgrow_handler::{Body, BoxError};
use tokio::time::Instant;

use super::Fault;

/// A limit on the wait for a head.
#[derive(Debug)]
pub struct Patience {
    limit: Duration,
    pulse: Option<Arc<Pulse>>,
}

/// How the request body is doing.
#[derive(Debug)]
struct Pulse {
    start: Instant,
    /// When it last moved, in milliseconds after `start`.
    last: AtomicU64,
    failure: OnceLock<Failure>,
}

/// Why the body broke off, told to its reader and kept for whoever waits for the answer.
#[derive(Debug, Clone)]
struct Failure(Arc<BoxError>);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the request body broke off")
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&**self.0)
    }
}

impl Pulse {
    fn beat(&self) {
        let since_start = self.start.elapsed().as_millis();
        self.last.store(
            u64::try_from(since_start).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    fn fail(&self, error: BoxError) -> BoxError {
        let failure = Failure(Arc::new(error));
        // A body fails once; were it to fail again, the first time is what counts.
        let _ = self.failure.set(failure.clone());
        failure.into()
    }

    fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}

/// Lets the clock follow the body; a body that is already over is left as it is.
pub fn watched(body: Body, limit: Duration) -> (Body, Patience) {
    if body.is_end_stream() {
        return (body, Patience { limit, pulse: None });
    }
    let pulse = Arc::new(Pulse {
        start: Instant::now(),
        last: AtomicU64::new(0),
        failure: OnceLock::new(),
    });
    let watched = Watched {
        body,
        pulse: Arc::clone(&pulse),
    };
    (
        Body::new(watched),
        Patience {
            limit,
            pulse: Some(pulse),
        },
    )
}

impl Patience {
    /// Waits for the head. The attempt is borrowed, because a future taken by value would be held twice.
    ///
    /// # Errors
    /// The attempt's own fault, [`Fault::RequestBody`] when the body is what failed, or [`Fault::Timeout`].
    pub async fn wait<T>(
        &self,
        mut attempt: Pin<&mut impl Future<Output = Result<T, Fault>>>,
    ) -> Result<T, Fault> {
        let mut limit = self.limit;
        loop {
            match pingora_timeout::timeout(limit, attempt.as_mut()).await {
                Ok(answer) => return answer.map_err(|fault| self.blame(fault)),
                Err(_) => limit = self.left().ok_or(Fault::Timeout)?,
            }
        }
    }

    fn blame(&self, fault: Fault) -> Fault {
        let failure = self.pulse.as_ref().and_then(|pulse| pulse.failure.get());
        failure.map_or(fault, |failure| Fault::RequestBody(failure.clone().into()))
    }

    /// What is left of the limit because the body moved meanwhile.
    fn left(&self) -> Option<Duration> {
        let deadline = self.pulse.as_ref()?.last() + self.limit;
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

struct Watched {
    body: Body,
    pulse: Arc<Pulse>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_ready() {
            self.pulse.beat();
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(|error| self.pulse.fail(error))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn a_silent_backend_times_out() {
        let (_, patience) = watched(Body::empty(), LIMIT);
        let attempt = pin!(std::future::pending::<Result<(), Fault>>());
        let outcome = patience.wait(attempt).await;
        assert!(matches!(outcome, Err(Fault::Timeout)));
    }

    #[tokio::test]
    async fn a_body_that_moves_extends_the_wait() {
        let slow = futures_util::stream::unfold(0, |sent| async move {
            tokio::time::sleep(LIMIT / 2).await;
            let frame = Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"x")));
            (sent < 6).then_some((frame, sent + 1))
        });
        let (body, patience) = watched(Body::new(StreamBody::new(slow)), LIMIT);
        let upload = async { body.collect().await.map(|_| ()).map_err(Fault::RequestBody) };
        assert!(patience.wait(pin!(upload)).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_the_backends_fault() {
        let broken = futures_util::stream::iter([Err::<Frame<Bytes>, BoxError>("cut".into())]);
        let (body, patience) = watched(Body::new(StreamBody::new(broken)), LIMIT);
        let upload = async { body.collect().await.map_err(|_| Fault::Panicked) };
        let Err(Fault::RequestBody(error)) = patience.wait(pin!(upload)).await else {
            panic!("the backend was blamed");
        };
        assert_eq!(error.source().unwrap().to_string(), "cut");
    }
}
