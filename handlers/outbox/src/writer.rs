//! The thread that owns the file, and the handle to ask it through.
//!
//! It must not know who delivers. The surprise is the group commit: while one transaction is written, whatever arrives
//! waits for the next one and shares it, so that many callers cost little more than one.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::status::Gauges;
use crate::store::{Draft, Posted, Store};
use crate::{OutboxConfig, OutboxError, file};

/// Orders that may wait for the thread; whoever comes later waits to be let in. More than a transaction holds.
const ORDERS: usize = 1_024;

/// Messages that share a transaction. With more, the first would wait too long for the last.
const GROUP: usize = 256;

/// A handle on the file; the thread ends when the last one is gone and what was ordered is done.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    added: Arc<Notify>,
}

enum Order {
    Add(Box<Draft>, oneshot::Sender<Result<Posted, OutboxError>>),
    Do(Box<dyn FnOnce(&mut Store) + Send>),
}

impl Writer {
    /// Opens the file and starts the thread. Blocks for as long as it takes to read it once.
    ///
    /// # Errors
    /// Of the folder and its surroundings; a damaged file is none, it is set aside and its new name logged.
    pub(crate) fn open(config: &OutboxConfig, gauges: Arc<Gauges>) -> Result<Self, OutboxError> {
        let opened = file::open(&config.folder)?;
        if let Some(aside) = opened.set_aside {
            let aside = aside.display();
            tracing::error!(
                "a damaged outbox was set aside as {aside}; what waited in it is not sent"
            );
        }
        let store = Store::new(opened.file, config.clone(), gauges)?;
        let (orders, received) = mpsc::channel(ORDERS);
        let added = Arc::<Notify>::default();
        let notify = Arc::clone(&added);
        thread::Builder::new()
            .name("outbox-file".to_owned())
            .spawn(move || write(store, received, &notify))?;
        Ok(Self { orders, added })
    }

    /// Adds a message: when this returns it is in the file, unless it is told why not.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) async fn add(&self, draft: Draft) -> Result<Posted, OutboxError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Add(Box::new(draft), reply)).await?;
        answer.await.map_err(|_| OutboxError::Closed)?
    }

    /// Has the thread do something else, in its turn.
    ///
    /// # Errors
    /// What it gives, or [`OutboxError::Closed`].
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Store) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let (reply, answer) = oneshot::channel();
        let question = |store: &mut Store| drop(reply.send(question(store)));
        self.order(Order::Do(Box::new(question))).await?;
        answer.await.map_err(|_| OutboxError::Closed)?
    }

    /// Returns when something was added since this was last called.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }

    /// Lets [`added`](Self::added) return.
    pub(crate) fn stir(&self) {
        self.added.notify_one();
    }

    async fn order(&self, order: Order) -> Result<(), OutboxError> {
        let sent = self.orders.send(order).await;
        sent.map_err(|_| OutboxError::Closed)
    }
}

/// The thread: takes what has arrived, adds it together, answers.
fn write(mut store: Store, mut orders: mpsc::Receiver<Order>, added: &Notify) {
    while let Some(first) = orders.blocking_recv() {
        let (mut drafts, mut replies) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(Order::Add(draft, reply)) = next {
            drafts.push(*draft);
            replies.push(reply);
            let goes_on = drafts.len() < GROUP;
            next = goes_on.then(|| orders.try_recv().ok()).flatten();
        }
        if !drafts.is_empty() {
            answer(replies, store.add(&drafts));
            added.notify_one();
        }
        if let Some(Order::Do(question)) = next {
            question(&mut store);
        }
    }
}

fn answer(
    replies: Vec<oneshot::Sender<Result<Posted, OutboxError>>>,
    posted: Result<Vec<Posted>, OutboxError>,
) {
    match posted {
        Ok(posted) => {
            for (reply, posted) in replies.into_iter().zip(posted) {
                drop(reply.send(Ok(posted)));
            }
        }
        Err(error) => {
            for reply in replies {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}
