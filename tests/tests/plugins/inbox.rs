//! A double of the gateway's side: it remembers what plugins hand over and says of it what the test wants.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use overgrow_plugins::{Inbox, InboxError, Presence, Receipt, Submission};

/// An inbox that remembers.
#[derive(Default)]
pub(crate) struct Kept {
    submissions: Mutex<Vec<Submission>>,
    /// What becomes of the next ones; taken, when nothing is said.
    receipts: Mutex<Vec<Result<Receipt, InboxError>>>,
}

impl Kept {
    /// What was taken so far.
    pub(crate) fn submissions(&self) -> Vec<Submission> {
        self.submissions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What becomes of the next one.
    pub(crate) fn says(&self, receipt: Result<Receipt, InboxError>) {
        self.receipts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(receipt);
    }
}

#[async_trait]
impl Inbox for Kept {
    async fn judge(&self, _: &Submission) -> Result<Option<Receipt>, InboxError> {
        Ok(None)
    }

    async fn submit(&self, submission: Submission) -> Result<Receipt, InboxError> {
        let said = self
            .receipts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let receipt = said.unwrap_or_else(|| Ok(Receipt::Accepted("run".into())));
        if receipt.is_ok() {
            self.submissions
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(submission);
        }
        receipt
    }

    async fn presence(&self, _: Presence) -> Result<(), InboxError> {
        Ok(())
    }
}
