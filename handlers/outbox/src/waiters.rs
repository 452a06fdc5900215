//! Those who wait for a message to end.
//!
//! A list in memory: who waits in another process, or for a message that another process delivers, looks at the file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Who waits, by the message's id.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<HashMap<String, Arc<Notify>>>);

/// One who waits; it leaves the list on drop.
pub(crate) struct Waiter<'a> {
    id: String,
    ended: Arc<Notify>,
    list: &'a Waiters,
}

impl Waiters {
    /// Enters the list; to be done before the message is looked at.
    pub(crate) fn enter(&self, id: &str) -> Waiter<'_> {
        let ended = self.with(|list| Arc::clone(list.entry(id.to_owned()).or_default()));
        Waiter {
            id: id.to_owned(),
            ended,
            list: self,
        }
    }

    /// Tells all who wait for that message.
    pub(crate) fn tell(&self, id: &str) {
        if let Some(ended) = self.with(|list| list.remove(id)) {
            ended.notify_waiters();
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Arc<Notify>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Waiter<'_> {
    /// Completes when the message has ended after this was called.
    pub(crate) fn ended(&self) -> tokio::sync::futures::Notified<'_> {
        self.ended.notified()
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.list.with(|list| {
            // The list's and this one's: nobody else waits.
            let is_last = list.get(&self.id).is_some_and(|ended| {
                Arc::ptr_eq(ended, &self.ended) && Arc::strong_count(ended) <= 2
            });
            if is_last {
                list.remove(&self.id);
            }
        });
    }
}
