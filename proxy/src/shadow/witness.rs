//! What sees the first side answer: it notes the head, copies the body and tells the job.
//!
//! It changes nothing of what the client gets. The surprise: a slow upload does not count as time that the side took;
//! its clock begins when the request was complete.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, Response, StatusCode, header};
use http_body::Body as _;
use overgrow_handler::Body;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::route::Side;
use crate::tee::{Budget, Copied, Cutter, tee};

/// What became of the question at the first side.
#[derive(Debug)]
pub(super) enum Primary {
    /// It answers.
    Answers(Answers),
    /// It gave no answer, and the client was told this status.
    Silent(StatusCode, &'static str),
    /// The native side gave none, and the legacy was asked instead.
    FellBack,
    /// The native side left the request to the legacy.
    Declined,
}

/// An answer whose body may still be on its way.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// From the complete request to the head.
    pub(super) took: Duration,
    pub(super) head: Instant,
    pub(super) body: oneshot::Receiver<Copied>,
    pub(super) cutter: Cutter,
}

/// When the request was complete.
#[derive(Debug, Clone, Default)]
pub(super) struct Completed(Arc<OnceLock<Instant>>);

impl Completed {
    pub(super) fn now(&self) {
        let _ = self.0.set(Instant::now());
    }
}

/// Stands by while a sampled request is answered. Dropped without a word, it says that the client left.
#[derive(Debug)]
pub struct Witness {
    pub(super) serving: Side,
    pub(super) started: Instant,
    pub(super) completed: Completed,
    pub(super) tell: oneshot::Sender<Primary>,
    pub(super) cap: usize,
    pub(super) budget: Budget,
}

impl Witness {
    /// The head is there, from `side`; gives the response back with its body copied as the client reads it.
    pub fn answered(self, response: Response<Body>, side: Side) -> Response<Body> {
        if side != self.serving {
            self.told(Primary::FellBack);
            return response;
        }
        let head = Instant::now();
        let (parts, body) = response.into_parts();
        let (on_end, copied) = oneshot::channel();
        // Nobody listens any more when the other side gave no answer.
        let on_end = Box::new(move |copied| drop(on_end.send(copied)));
        let length = length(&parts.headers);
        let (body, cutter) = tee(body, length, self.cap, &self.budget, on_end);
        let answers = Answers {
            status: parts.status,
            headers: parts.headers.clone(),
            took: head.saturating_duration_since(self.since()),
            head,
            body: copied,
            cutter,
        };
        self.told(Primary::Answers(answers));
        Response::from_parts(parts, body)
    }

    /// The native side left the request to the legacy: there is nothing to compare.
    pub fn declined(self) {
        self.told(Primary::Declined);
    }

    /// There is no answer; the client is told `status`, and `reason` says why in a word.
    pub fn silent(self, status: StatusCode, reason: &'static str) {
        self.told(Primary::Silent(status, reason));
    }

    fn since(&self) -> Instant {
        self.completed.0.get().copied().unwrap_or(self.started)
    }

    fn told(self, primary: Primary) {
        // The job may have been given up.
        let _ = self.tell.send(primary);
    }
}

/// The number of bytes that a head promises.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Whether a body has bytes to come.
pub(super) fn has_body(body: &Body) -> bool {
    !body.is_end_stream()
}
