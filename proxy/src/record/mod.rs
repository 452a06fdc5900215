//! Takes down what a route is asked and what it answers, for as long as somebody wants to know.
//!
//! A request that nobody records pays one relaxed load. One that is recorded has its bodies copied while they pass; the
//! entry is made by whoever listens, not by the client's thread. It must not know who listens, nor how an answer came
//! about. The surprise: a question whose body was not copied whole, or is packed, is left out, since nobody could ask it again.

mod conversation;
mod ear;
mod entry;
mod frames;
mod tap;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use overgrow_parity::trace::Entry;
use tokio::sync::mpsc::{self, error::TrySendError};

pub use self::ear::{Ears, Overheard};
pub use self::tap::{Pending, Tap};

use self::conversation::Open;
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
    /// Of the next recording.
    number: AtomicU64,
    listeners: Mutex<Vec<Listener>>,
    budget: Budget,
}

/// One who listens.
#[derive(Clone)]
struct Listener {
    number: u64,
    route: Arc<str>,
    dismissed: Arc<AtomicBool>,
    drafts: mpsc::Sender<Arc<Draft>>,
    missed: Arc<AtomicU64>,
    sockets: Arc<Mutex<Vec<Weak<Open>>>>,
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
            number: AtomicU64::new(1),
            listeners: Mutex::default(),
            budget: Budget::new(MEMORY),
        }))
    }

    /// Listens to a route from now on, until the recording is dropped.
    pub fn listen(&self, route: &str) -> Recording {
        let (drafts, received) = mpsc::channel(QUEUE);
        let listener = Listener {
            number: self.0.number.fetch_add(1, Ordering::Relaxed),
            route: route.into(),
            dismissed: Arc::default(),
            drafts,
            missed: Arc::default(),
            sockets: Arc::default(),
        };
        let (number, dismissed) = (listener.number, Arc::clone(&listener.dismissed));
        let missed = Arc::clone(&listener.missed);
        let sockets = Arc::clone(&listener.sockets);
        self.listeners().push(listener);
        self.0.listening.fetch_add(1, Ordering::Relaxed);
        Recording {
            recorder: self.clone(),
            number,
            dismissed,
            drafts: received,
            missed,
            sockets,
            unfinished: Vec::new(),
        }
    }

    /// Tells a recording that no more of it is wanted; `false` when there is none of that number.
    pub fn dismiss(&self, number: u64) -> bool {
        let listeners = self.listeners();
        let listener = listeners.iter().find(|listener| listener.number == number);
        listener.is_some_and(|listener| {
            listener.dismissed.store(true, Ordering::Relaxed);
            true
        })
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
        locked(&self.0.listeners)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listener {
    fn hear(&self, draft: &Arc<Draft>) {
        // Who has stopped listening misses nothing.
        if let Err(TrySendError::Full(_)) = self.drafts.try_send(Arc::clone(draft)) {
            self.miss();
        }
    }

    /// It is heard when it closes, unless the recording ends before.
    fn opened(&self, open: &Arc<Open>) {
        let mut sockets = locked(&self.sockets);
        sockets.retain(|socket| socket.strong_count() > 0);
        sockets.push(Arc::downgrade(open));
    }

    fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is being taken down. Dropping it ends that.
pub struct Recording {
    recorder: Recorder,
    number: u64,
    dismissed: Arc<AtomicBool>,
    drafts: mpsc::Receiver<Arc<Draft>>,
    missed: Arc<AtomicU64>,
    sockets: Arc<Mutex<Vec<Weak<Open>>>>,
    /// Sockets that were open at the end.
    unfinished: Vec<Arc<Open>>,
}

impl Recording {
    /// By which it can be dismissed.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether somebody has said that no more of it is wanted.
    pub fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Relaxed)
    }

    /// The next exchange, without its secrets; none when the recording was ended and there are no more. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> Option<Entry> {
        match self.drafts.recv().await {
            Some(draft) => Some(draft.entry()),
            None => self.unfinished.pop().map(|open| open.draft.entry()),
        }
    }

    /// Takes nothing down any more. What waits can still be read, and then every WebSocket that is still open, as far as
    /// it has come.
    pub fn end(&mut self) {
        self.leave();
        // In this order: a socket that is held here cannot close, and be heard once more, in between.
        let sockets = std::mem::take(&mut *locked(&self.sockets));
        let open = sockets.iter().rev().filter_map(Weak::upgrade);
        self.unfinished.extend(open);
        self.drafts.close();
    }

    fn leave(&self) {
        let mut listeners = self.recorder.listeners();
        let before = listeners.len();
        listeners.retain(|listener| listener.number != self.number);
        let left = before - listeners.len();
        let listening = &self.recorder.0.listening;
        listening.fetch_sub(left, Ordering::Relaxed);
    }

    /// How many exchanges were left out so far: too large, broken off, or too many at once.
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
