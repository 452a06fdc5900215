//! Says when a connection has waited long enough, with one coarse timer however many requests it carries.
//!
//! It must not know bytes, sockets or what is done about it. The one surprise: nothing is measured when a request
//! begins or ends; a slow tick looks at counters, so a deadline is never early and late by up to two ticks.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::watch::{Sight, Watch};

/// How long a connection may wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// With nothing in flight and no head begun, from the accept or the last answer.
    pub idle: Duration,
    /// From the end of the client's input to the head of the answer.
    pub half_closed: Duration,
}

/// Which wait was too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// A head did not end in time.
    Head,
    /// Nothing was asked in time.
    Idle,
    /// The client has closed its side, perhaps all of it, and the answer does not come.
    Gone,
}

/// The shortest tick: deadlines finer than this are for tests, not for thousands of connections.
const SHORTEST_TICK: Duration = Duration::from_millis(50);

/// Ticks in the shorter of the head's and the idle deadline: late by at most a quarter.
const TICKS: u32 = 8;

/// Resolves when a deadline has passed; never for an upgraded connection, which then holds no timer. Dropping it is
/// harmless, and it may be started again: counts of idle time begin anew.
pub async fn watch_deadlines(watch: Arc<Watch>, limits: Deadlines) -> Expired {
    let tick = SHORTEST_TICK.max(limits.head.min(limits.idle) / TICKS);
    let mut quiet = Quiet::from(watch.sight());
    loop {
        if watch.is_upgraded() {
            return pending().await;
        }
        let sight = watch.sight();
        quiet.note(&sight);
        if let Some(expired) = judge(&sight, quiet.since, &limits) {
            return expired;
        }
        sleep(tick).await;
    }
}

/// Since when nothing has been in flight, as far as the ticks could see.
struct Quiet {
    since: Duration,
    moves: u32,
}

impl From<Sight> for Quiet {
    fn from(sight: Sight) -> Quiet {
        Quiet {
            since: sight.now,
            moves: sight.moves,
        }
    }
}

impl Quiet {
    fn note(&mut self, sight: &Sight) {
        if sight.in_flight > 0 || sight.moves != self.moves {
            *self = Quiet::from(*sight);
        }
    }
}

fn judge(sight: &Sight, quiet_since: Duration, limits: &Deadlines) -> Option<Expired> {
    let over = |since: Duration, limit| sight.now.saturating_sub(since) >= limit;
    if sight.in_flight > 0 {
        let gone = sight
            .eof_since
            .is_some_and(|since| over(since, limits.half_closed));
        return (gone && sight.unanswered).then_some(Expired::Gone);
    }
    match sight.head_since {
        // A head that waited behind an answer is not the client's delay until the answer is out.
        Some(since) => over(since.max(quiet_since), limits.head).then_some(Expired::Head),
        None => over(quiet_since, limits.idle).then_some(Expired::Idle),
    }
}

#[cfg(test)]
mod tests;
