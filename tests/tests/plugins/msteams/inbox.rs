//! A double of the gateway's side: it remembers what it is handed, and takes everything.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use overgrow_plugins::{Inbox, InboxError, Presence, Receipt, Submission};

/// An inbox that remembers.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<Submission>>);

impl Kept {
    /// What was taken so far.
    pub(crate) fn submissions(&self) -> Vec<Submission> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Inbox for Kept {
    async fn judge(&self, _: &Submission) -> Result<Option<Receipt>, InboxError> {
        Ok(None)
    }

    async fn submit(&self, submission: Submission) -> Result<Receipt, InboxError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(submission);
        Ok(Receipt::Accepted("run".into()))
    }

    async fn presence(&self, _: Presence) -> Result<(), InboxError> {
        Ok(())
    }
}
