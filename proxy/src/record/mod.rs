//! Takes down what a route is asked and what it answers, for as long as somebody wants to know.
//!
//! A request that nobody records pays one relaxed load. One that is recorded has its bodies copied while they pass; the
//! entry is made by whoever listens, not by the client's thread. It must not know who listens, nor how an answer came
//! about. The surprise: a question whose body was not copied whole, or is packed, is left out, since nobody could ask it again.

mod entry;
#[cfg_attr(not(test), expect(dead_code, reason = "the tap of a socket is next"))]
mod frames;
mod tap;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use overgrow_parity::trace::Entry;
use tokio::sync::mpsc;

pub use self::tap::{Pending, Tap};

use self::entry::Draft;
use crate::tee::Budget;

/// Exchanges that wait for a listener; beyond them the next are missed, and counted.
const QUEUE: usize = 256;

/// What all copies may take together.
const MEMORY: usize = 64 * 1024 * 1024;

/// Knows who listens to which route.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    listening: AtomicUsize,
    listeners: Mutex<Vec<Listener>>,
    budget: Budget,
}

/// One who listens.
#[derive(Clone)]
struct Listener {
    route: Arc<str>,
    drafts: mpsc::Sender<Arc<Draft>>,
    missed: Arc<AtomicU64>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// Nobody listens yet.
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            listening: AtomicUsize::new(0),
            listeners: Mutex::default(),
            budget: Budget::new(MEMORY),
        }))
    }

    /// Listens to a route from now on, until the recording is dropped.
    pub fn listen(&self, route: &str) -> Recording {
        let (drafts, received) = mpsc::channel(QUEUE);
        let listener = Listener {
            route: route.into(),
            drafts,
            missed: Arc::default(),
        };
        let missed = Arc::clone(&listener.missed);
        self.listeners().push(listener);
        self.0.listening.fetch_add(1, Ordering::Relaxed);
        Recording {
            recorder: self.clone(),
            drafts: received,
            missed,
        }
    }

    /// The tap for a request to a route; none when nobody listens to it.
    pub fn wants(&self, route: &str) -> Option<Tap> {
        if self.0.listening.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let listeners = self.listeners();
        let concerned: Vec<_> = listeners
            .iter()
            .filter(|listener| *listener.route == *route)
            .cloned()
            .collect();
        (!concerned.is_empty()).then(|| Tap::new(concerned, &self.0.budget))
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Listener>> {
        let listeners = self.0.listeners.lock();
        listeners.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    fn hear(&self, draft: &Arc<Draft>) {
        if self.drafts.try_send(Arc::clone(draft)).is_err() {
            self.miss();
        }
    }

    fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is being taken down. Dropping it ends that.
pub struct Recording {
    recorder: Recorder,
    drafts: mpsc::Receiver<Arc<Draft>>,
    missed: Arc<AtomicU64>,
}

impl Recording {
    /// The next exchange, without its secrets. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Entry> {
        let draft = self.drafts.recv().await?;
        Some(draft.entry())
    }

    /// How many exchanges were left out so far: too large, broken off, or too many at once.
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let missed = &self.missed;
        self.recorder
            .listeners()
            .retain(|listener| !Arc::ptr_eq(&listener.missed, missed));
        self.recorder.0.listening.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
