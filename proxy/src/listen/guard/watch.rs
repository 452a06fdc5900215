//! What the guard, the gateway and the deadlines of one connection tell each other, without a lock.
//!
//! It must not know bytes or sockets. The one surprise: on HTTP/1 the guard counts a request as soon as its head is
//! let through, before the gateway has seen it, so that an end of input in between cannot look like an idle close.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::Waker;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

/// The shared state of one connection.
#[derive(Debug)]
pub struct Watch {
    accepted: Instant,
    started: AtomicU32,
    answered: AtomicU32,
    finished: AtomicU32,
    /// Microseconds from `accepted`, plus one; zero: not now.
    head_since: AtomicU64,
    eof_since: AtomicU64,
    speech: AtomicU8,
    verdict: AtomicU8,
    timed_out: AtomicBool,
    guard: AtomicWaker,
}

/// What the connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No request in flight and no byte of a head.
    Idle,
    /// A head has begun and not ended, and nothing is in flight.
    Head,
    /// At least one request is in flight.
    Busy,
    /// Another protocol has taken over.
    Upgraded,
}

/// One request in flight. Dropping it says that the request is finished: its answer was sent or given up.
#[derive(Debug)]
pub struct InFlight {
    watch: Arc<Watch>,
    answered: bool,
}

/// What became of a request to upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Open,
    Switched,
    Declined,
}

/// What the deadlines are judged by; times count from the accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) now: Duration,
    pub(super) in_flight: u32,
    /// Some request in flight has no answer yet.
    pub(super) unanswered: bool,
    /// Differs between two sights when a request began or ended in between.
    pub(super) moves: u32,
    pub(super) head_since: Option<Duration>,
    pub(super) eof_since: Option<Duration>,
}

const HTTP1: u8 = 0;
const MULTIPLEXED: u8 = 1;
const UPGRADED: u8 = 2;

const OPEN: u8 = 0;
const SWITCHED: u8 = 1;
const DECLINED: u8 = 2;

impl Watch {
    /// The state of a connection accepted now.
    pub(super) fn new() -> Watch {
        Watch {
            accepted: Instant::now(),
            started: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            finished: AtomicU32::new(0),
            head_since: AtomicU64::new(0),
            eof_since: AtomicU64::new(0),
            speech: AtomicU8::new(HTTP1),
            verdict: AtomicU8::new(OPEN),
            timed_out: AtomicBool::new(false),
            guard: AtomicWaker::new(),
        }
    }

    /// Takes charge of the request that the engine has just handed over. To be called once for every request, a
    /// stand-in too, and before anything is awaited: an HTTP/1 request never taken charge of never finishes.
    pub fn request_started(self: &Arc<Self>) -> InFlight {
        if self.speech.load(Ordering::Relaxed) == MULTIPLEXED {
            self.add_requests(1);
        }
        InFlight {
            watch: Arc::clone(self),
            answered: false,
        }
    }

    /// An upgrade was answered with 101: whatever follows is not HTTP.
    pub fn switched(&self) {
        self.decide(SWITCHED);
    }

    /// A request with an `Upgrade` header was answered as if it had none. To be called for no other request. A
    /// request that finishes without either call counts as declined.
    pub fn declined(&self) {
        self.decide(DECLINED);
    }

    /// The head being read takes too long: the guard refuses it, and the gateway gets to answer 408.
    /// Does nothing when the head has ended meanwhile.
    pub fn time_out(&self) {
        if self.head_since.load(Ordering::Relaxed) > 0 {
            self.timed_out.store(true, Ordering::Release);
            self.guard.wake();
        }
    }

    /// What the connection is doing.
    pub fn phase(&self) -> Phase {
        if self.is_upgraded() {
            Phase::Upgraded
        } else if self.in_flight() > 0 {
            Phase::Busy
        } else if self.head_since.load(Ordering::Relaxed) > 0 {
            Phase::Head
        } else {
            Phase::Idle
        }
    }

    /// How many requests are in flight; on HTTP/1 those still waiting in the engine are counted.
    pub fn in_flight(&self) -> u32 {
        let finished = self.finished.load(Ordering::Acquire);
        self.started.load(Ordering::Acquire).wrapping_sub(finished)
    }

    /// The client will send nothing more.
    pub fn is_eof(&self) -> bool {
        self.eof_since.load(Ordering::Relaxed) > 0
    }

    /// Another protocol has taken over, for good.
    pub fn is_upgraded(&self) -> bool {
        self.speech.load(Ordering::Relaxed) == UPGRADED
    }

    pub(super) fn sight(&self) -> Sight {
        let finished = self.finished.load(Ordering::Acquire);
        let answered = self.answered.load(Ordering::Acquire);
        let started = self.started.load(Ordering::Acquire);
        Sight {
            now: self.accepted.elapsed(),
            in_flight: started.wrapping_sub(finished),
            unanswered: started != answered,
            moves: started.wrapping_add(finished),
            head_since: moment(&self.head_since),
            eof_since: moment(&self.eof_since),
        }
    }

    /// How many requests have finished, wrapping round.
    pub(super) fn finished(&self) -> u32 {
        self.finished.load(Ordering::Acquire)
    }

    pub(super) fn add_requests(&self, heads: u32) {
        self.started.fetch_add(heads, Ordering::AcqRel);
    }

    pub(super) fn head_begun(&self) {
        self.note_time(&self.head_since);
    }

    pub(super) fn head_ended(&self) {
        self.head_since.store(0, Ordering::Relaxed);
    }

    pub(super) fn saw_eof(&self) {
        self.note_time(&self.eof_since);
    }

    pub(super) fn set_multiplexed(&self) {
        self.speech.store(MULTIPLEXED, Ordering::Relaxed);
    }

    pub(super) fn set_upgraded(&self) {
        self.speech.store(UPGRADED, Ordering::Relaxed);
    }

    pub(super) fn is_timed_out(&self) -> bool {
        self.timed_out.load(Ordering::Acquire)
    }

    /// A new request to upgrade passes: what was said about an earlier one no longer counts.
    pub(super) fn reopen(&self) {
        self.verdict.store(OPEN, Ordering::Release);
    }

    pub(super) fn verdict(&self) -> Verdict {
        // Read in this order: whoever finishes the last request has spoken before.
        let finished = self.in_flight() == 0;
        match self.verdict.load(Ordering::Acquire) {
            SWITCHED => Verdict::Switched,
            DECLINED => Verdict::Declined,
            _ if finished => Verdict::Declined,
            _ => Verdict::Open,
        }
    }

    /// Has `waker` woken at the next verdict, time-out or finished request.
    pub(super) fn wake_guard(&self, waker: &Waker) {
        self.guard.register(waker);
    }

    fn decide(&self, verdict: u8) {
        self.verdict.store(verdict, Ordering::Release);
        self.guard.wake();
    }

    fn note_time(&self, place: &AtomicU64) {
        let micros = u64::try_from(self.accepted.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
        place.store(micros + 1, Ordering::Relaxed);
    }
}

impl InFlight {
    /// The head of the answer was handed to the engine.
    pub fn head_sent(&mut self) {
        if !self.answered {
            self.answered = true;
            self.watch.answered.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.head_sent();
        self.watch.finished.fetch_add(1, Ordering::AcqRel);
        self.watch.guard.wake();
    }
}

fn moment(place: &AtomicU64) -> Option<Duration> {
    let micros = place.load(Ordering::Relaxed).checked_sub(1)?;
    Some(Duration::from_micros(micros))
}
