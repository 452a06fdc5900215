//! The durable queue: one thread that owns the file, and a handle to ask it through.
//!
//! It keeps texts in order and must not know how the legacy is reached. The surprise is the group commit: while one
//! transaction is written, whatever arrives waits for the next one and shares it, so that many callers cost little more
//! than one.

mod file;
mod letters;
mod store;
mod tally;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot};

pub use self::letters::DeadLetter;
pub(crate) use self::store::{Entry, Outcome, Store};
pub(crate) use self::tally::{Draft, Limits, Repeats};
use crate::BridgeError;
use crate::status::Gauges;

/// Orders that may wait for the thread; whoever comes later waits to be let in. More than a transaction holds.
const ORDERS: usize = 1_024;

/// Drafts that share a transaction. With more, the first would wait too long for the last.
const GROUP: usize = 256;

/// A handle on the queue; the thread ends when the last one is gone and what was ordered is done.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    orders: mpsc::Sender<Order>,
    added: Arc<Notify>,
}

enum Order {
    Add(Draft, Reply),
    Do(Box<dyn FnOnce(&mut Store) + Send>),
}

type Reply = oneshot::Sender<Result<(), BridgeError>>;

impl Queue {
    /// Opens the queue in a folder, has something read from it, and starts its thread. Blocks for as long as it takes to
    /// read what waits.
    ///
    /// # Errors
    /// Of the folder and its surroundings; a damaged file is none, it is set aside and its new name logged.
    pub(crate) fn open<T>(
        folder: &Path,
        limits: Limits,
        gauges: Arc<Gauges>,
        first: impl FnOnce(&Store) -> T,
    ) -> Result<(Self, T), BridgeError> {
        let opened = file::open(folder)?;
        if let Some(aside) = opened.set_aside {
            let reason = format!("a damaged queue was set aside as {}", aside.display());
            tracing::error!("{reason}; what waited in it for the legacy is not delivered");
            gauges.complain(&reason);
        }
        let store = Store::new(opened.file, limits, gauges)?;
        let read = first(&store);
        let (orders, received) = mpsc::channel(ORDERS);
        let added = Arc::<Notify>::default();
        let notify = Arc::clone(&added);
        thread::Builder::new()
            .name("bridge-queue".to_owned())
            .spawn(move || write(store, received, &notify))?;
        Ok((Self { orders, added }, read))
    }

    /// Adds a draft: when this returns it is in the file.
    ///
    /// # Errors
    /// When it was not accepted.
    pub(crate) async fn add(&self, draft: Draft) -> Result<(), BridgeError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Add(draft, reply)).await?;
        answer.await.map_err(|_| BridgeError::Closed)?
    }

    /// Has the thread do something else, in its turn.
    ///
    /// # Errors
    /// What it gives, or [`BridgeError::Closed`].
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Store) -> Result<T, BridgeError> + Send + 'static,
    ) -> Result<T, BridgeError> {
        let (reply, answer) = oneshot::channel();
        let question = |store: &mut Store| drop(reply.send(question(store)));
        self.order(Order::Do(Box::new(question))).await?;
        answer.await.map_err(|_| BridgeError::Closed)?
    }

    /// Returns when something was added since this was last called.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }

    /// Lets [`added`](Self::added) return.
    pub(crate) fn stir(&self) {
        self.added.notify_one();
    }

    async fn order(&self, order: Order) -> Result<(), BridgeError> {
        let sent = self.orders.send(order).await;
        sent.map_err(|_| BridgeError::Closed)
    }
}

/// The thread: takes what has arrived, adds it together, answers.
fn write(mut store: Store, mut orders: mpsc::Receiver<Order>, added: &Notify) {
    while let Some(first) = orders.blocking_recv() {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(Order::Add(draft, reply)) = next {
            group.push((draft, reply));
            next = (group.len() < GROUP)
                .then(|| orders.try_recv().ok())
                .flatten();
        }
        add(&mut store, group, added);
        if let Some(Order::Do(question)) = next {
            question(&mut store);
        }
    }
}

fn add(store: &mut Store, group: Vec<(Draft, Reply)>, added: &Notify) {
    if group.is_empty() {
        return;
    }
    let (drafts, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    match store.add(drafts) {
        Ok(admissions) => {
            for (reply, admission) in replies.into_iter().zip(admissions) {
                drop(reply.send(admission.answer()));
            }
            added.notify_one();
        }
        Err(error) => {
            for reply in replies {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}
