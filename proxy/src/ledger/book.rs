//! The evidence of one route while the process runs.
//!
//! What happens on a client's path only adds to a counter; the evidence itself is touched by the lane's threads and by
//! readers, who fold the counter in when they come by.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use overgrow_parity::{Evidence, Missed, Pair, Shape, Verdict};

/// One route's evidence.
#[derive(Debug)]
pub struct Book {
    route: String,
    evidence: Mutex<Evidence>,
    /// Requests that the shadow settings cover and the sample did not take.
    passed: AtomicU64,
}

impl Book {
    pub(super) fn new(route: &str, evidence: Evidence) -> Self {
        Self {
            route: route.to_owned(),
            evidence: Mutex::new(evidence),
            passed: AtomicU64::new(0),
        }
    }

    /// The route's id.
    pub fn route(&self) -> &str {
        &self.route
    }

    /// A request that the sample did not take. Costs an addition.
    pub fn passed(&self) {
        self.passed.fetch_add(1, Ordering::Relaxed);
    }

    /// A request of the sample that is not compared.
    pub fn missed(&self, why: Missed) {
        let mut evidence = self.evidence();
        evidence.sampled();
        evidence.missed(why);
    }

    /// A request of that shape came by.
    pub fn saw(&self, shape: &Shape) {
        self.evidence().eligible(shape);
    }

    /// Takes note of a comparison.
    pub fn record(&self, pair: &Pair<'_>) -> Verdict {
        let mut evidence = self.evidence();
        evidence.eligible(pair.shape);
        evidence.sampled();
        evidence.record(pair).verdict
    }

    /// Looks at the evidence. Nobody can write meanwhile, so it must not take long.
    pub fn read<T>(&self, look: impl FnOnce(&Evidence) -> T) -> T {
        look(&self.evidence())
    }

    /// Begins the next epoch when the evidence depends on something else now.
    pub(super) fn depends_on(&self, fingerprint: &str, begin: impl FnOnce(u32) -> Evidence) {
        let mut evidence = self.evidence();
        if evidence.fingerprint != fingerprint {
            *evidence = begin(evidence.epoch + 1);
        }
    }

    fn evidence(&self) -> MutexGuard<'_, Evidence> {
        let mut evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        evidence.passed(self.passed.swap(0, Ordering::Relaxed));
        evidence
    }
}
