//! Counts work in flight, so that shutdown can wait for exactly that and for nothing else.
//!
//! It must not know what the work is. The surprise: an answer is over for its account when its last byte is handed to
//! the engine, which may hold hundreds of kilobytes for a slow reader; so connections are waited for as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Shared by everything that works for clients.
#[derive(Debug, Default)]
pub struct Drain {
    in_flight: AtomicUsize,
    connections: AtomicUsize,
    draining: AtomicBool,
    idle: Notify,
}

impl Drain {
    /// Counts one piece of work until the guard is dropped.
    pub fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Counts a connection until the guard is dropped; it must close by itself once the end has begun and it has
    /// nothing left to send.
    pub(super) fn connect(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    /// How much work there is.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether the end has begun; readiness is off from then on.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Begins the end.
    pub fn begin(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Waits until nothing is in flight and the connections have closed, at most `limit`; tells what work was left.
    pub async fn wait(&self, limit: Duration) -> usize {
        let idle = async {
            loop {
                let notified = self.idle.notified();
                if self.is_idle() {
                    return;
                }
                notified.await;
            }
        };
        let _ = tokio::time::timeout(limit, idle).await;
        self.in_flight()
    }

    fn is_idle(&self) -> bool {
        let counts = [&self.in_flight, &self.connections];
        counts.iter().all(|count| count.load(Ordering::SeqCst) == 0)
    }

    fn leave(&self, count: &AtomicUsize) {
        let before = count.fetch_sub(1, Ordering::SeqCst);
        if before == 1 && self.draining.load(Ordering::SeqCst) {
            self.idle.notify_waiters();
        }
    }
}

/// One piece of work in flight.
#[derive(Debug)]
pub struct InFlight(Arc<Drain>);

impl InFlight {
    /// Counts one more piece of work, which began within this one.
    pub fn another(&self) -> Self {
        self.0.enter()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.leave(&self.0.in_flight);
    }
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connected(Arc<Drain>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.leave(&self.0.connections);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_for_work_and_not_a_moment_longer() {
        let drain = Arc::new(Drain::default());
        let work = drain.enter();
        drain.begin();
        let waiting = tokio::spawn({
            let drain = Arc::clone(&drain);
            async move { drain.wait(Duration::from_secs(60)).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!waiting.is_finished());
        drop(work);
        assert_eq!(waiting.await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_connections_that_have_something_to_send() {
        let drain = Arc::new(Drain::default());
        let (work, connection) = (drain.enter(), drain.connect());
        drain.begin();
        drop(work);
        let waiting = tokio::spawn({
            let drain = Arc::clone(&drain);
            async move { drain.wait(Duration::from_secs(60)).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!waiting.is_finished());
        drop(connection);
        assert_eq!(waiting.await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_at_the_limit_and_says_what_is_left() {
        let drain = Arc::new(Drain::default());
        let _work = drain.enter();
        assert_eq!(drain.wait(Duration::from_secs(5)).await, 1);
    }
}
