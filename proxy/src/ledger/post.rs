//! The way from books to the writer: a bounded queue that nobody but a flush waits at. Whoever watches over the dials
//! has a bell on the same desk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::Notify;

use super::sample::Sampled;
use super::store::{Filter, LedgerError};

/// Messages under way. A sample is at most a quarter of a megabyte, so this is 16 MiB when the disk stands still.
const QUEUE: usize = 64;

/// What the writer is told.
pub(super) enum Message {
    /// A book has changed, or a dial has moved.
    Changed,
    /// A sample of a route.
    Sample(String, Box<Sampled>),
    /// Samples are asked for.
    Find(Question),
    /// Tell when everything up to here is written.
    Flush(SyncSender<()>),
    /// The same, and no more comes.
    Close,
}

/// Which samples are asked for.
pub(super) struct Question {
    pub(super) route: String,
    pub(super) filter: Filter,
    pub(super) limit: u32,
    pub(super) answer: SyncSender<Result<Vec<Sampled>, LedgerError>>,
}

/// Where messages are given up.
#[derive(Clone)]
pub(super) struct Post {
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
    alarm: Arc<Notify>,
}

/// A way to the writer, and its end.
pub(super) fn open() -> (Post, Receiver<Message>) {
    let (queue, messages) = sync_channel(QUEUE);
    let post = Post {
        queue,
        dropped: Arc::default(),
        alarm: Arc::default(),
    };
    (post, messages)
}

impl Post {
    /// Something is to be written. When the queue is full the writer is awake and looks at everything anyway.
    pub(super) fn changed(&self) {
        let _ = self.queue.try_send(Message::Changed);
    }

    /// Gives a sample up, or drops it when there is no room.
    pub(super) fn sample(&self, route: &str, sampled: Sampled) {
        let message = Message::Sample(route.to_owned(), Box::new(sampled));
        if self.queue.try_send(message).is_err() {
            self.lost(1);
        }
    }

    /// Counts samples that are not going to be written.
    pub(super) fn lost(&self, samples: u64) {
        self.dropped.fetch_add(samples, Ordering::Relaxed);
    }

    /// Samples that were not written, since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Rust failed somewhere. Never waits; failures that nobody has heard of yet are one.
    pub(super) fn alarm(&self) {
        self.alarm.notify_one();
    }

    /// Resolves when rust has failed somewhere since the last time.
    pub(super) async fn alarmed(&self) {
        self.alarm.notified().await;
    }

    /// Gives a message up, and waits until there is room for it. Nothing happens when the writer has ended.
    pub(super) fn wait(&self, message: Message) {
        let _ = self.queue.send(message);
    }
}
