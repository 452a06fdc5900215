//! What becomes of a sampled request: exactly one outcome is counted, whatever happens to its job.

use std::sync::Arc;

use super::Shadow;
use crate::metrics::Outcome;

/// An outcome that is still open. Dropped that way, as in a panic, it counts as failed.
#[derive(Debug)]
pub(super) struct Fate(Option<Arc<Shadow>>);

impl Fate {
    pub(super) fn open(shadow: &Arc<Shadow>) -> Self {
        Self(Some(Arc::clone(shadow)))
    }

    /// It is settled; a second time changes nothing.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        if let Some(shadow) = self.0.take() {
            shadow.ended(outcome);
        }
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        self.settle(Outcome::Failed);
    }
}
