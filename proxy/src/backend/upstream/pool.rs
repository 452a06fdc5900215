//! Idle connections of one origin, kept per thread.
//!
//! Last in, first out, so that the newest connection is reused and the rest may age and be closed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use overgrow_handler::Body;
use tokio::time::Instant;

/// A connection that carries one request at a time.
pub(super) type H1 = http1::SendRequest<Body>;
/// A connection that carries many.
pub(super) type H2 = http2::SendRequest<Body>;

/// More threads than this share shards; a shard's lock is then contended, nothing worse.
const SHARDS: usize = 16;

/// Per thread and origin. With 256 a load of 512 connections closed and opened one for every other request, at twice the
/// cost; what is not used goes by age.
const IDLE_MAX: usize = 2048;

/// For an origin that does not announce how long it keeps idle connections.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// No origin is known to close connections that were idle for less; under load none lies idle for as long.
const RESTED: Duration = Duration::from_millis(10);

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: usize = NEXT_THREAD.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

/// The pool of one origin.
#[derive(Debug, Default)]
pub(super) struct Pool {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    idle: VecDeque<Idle>,
    shared: Option<H2>,
}

#[derive(Debug)]
struct Idle {
    connection: H1,
    since: Instant,
    until: Instant,
}

/// An idle connection that was taken from the pool.
pub(super) struct Taken {
    pub(super) connection: H1,
    /// It has lain idle long enough that the origin may be closing it right now.
    pub(super) rested: bool,
}

impl Idle {
    fn is_over(&self, now: Instant) -> bool {
        self.connection.is_closed() || self.until <= now
    }
}

impl Shard {
    /// Lets go of the oldest: under light traffic the newest are always good, and nobody else would look at these.
    fn age(&mut self, now: Instant) {
        let full = self.idle.len() == IDLE_MAX;
        if full || self.idle.front().is_some_and(|oldest| oldest.is_over(now)) {
            self.idle.pop_front();
        }
    }
}

impl Pool {
    fn shard(&self) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[SHARD.with(|shard| *shard)];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection of this thread that can take a request now.
    pub(super) fn take_h1(&self) -> Option<Taken> {
        let mut shard = self.shard();
        let newest = shard.idle.back()?;
        let now = Instant::now();
        if newest.is_over(now) || !newest.connection.is_ready() {
            shard.idle.retain(|idle| !idle.is_over(now));
        }
        let is_ready = |idle: &Idle| idle.connection.is_ready();
        let ready = shard.idle.iter().rposition(is_ready)?;
        shard.idle.remove(ready).map(|idle| Taken {
            rested: now.saturating_duration_since(idle.since) >= RESTED,
            connection: idle.connection,
        })
    }

    /// Takes a connection back for at most `idle`.
    pub(super) fn put_h1(&self, connection: H1, idle: Duration) {
        if connection.is_closed() {
            return;
        }
        let mut shard = self.shard();
        let now = Instant::now();
        shard.age(now);
        shard.idle.push_back(Idle {
            connection,
            since: now,
            until: now + idle,
        });
    }

    /// This thread's shared connection.
    pub(super) fn h2(&self) -> Option<H2> {
        let mut shard = self.shard();
        if shard
            .shared
            .as_ref()
            .is_some_and(http2::SendRequest::is_closed)
        {
            shard.shared = None;
        }
        shard.shared.clone()
    }

    /// Shares a connection on this thread.
    pub(super) fn keep_h2(&self, connection: H2) {
        self.shard().shared = Some(connection);
    }

    /// Stops sharing a connection that refused a request.
    pub(super) fn forget_h2(&self) {
        self.shard().shared = None;
    }
}
