//! Whether a Rust service of the user's own understands `plan`: it must say so before it is shown a write.
//!
//! The surprise: it is asked with an `OPTIONS` of the same target first. A service that does not know the word would
//! have executed the very write that was to find out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a refusal stands before the service is asked again: it may have been replaced meanwhile.
const REFUSAL: Duration = Duration::from_secs(60);

/// What a service has said so far.
#[derive(Debug, Default)]
pub(super) struct Consent(Mutex<State>);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Unasked,
    Asking,
    Given,
    Refused(Instant),
}

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// The write, to be planned.
    Send,
    /// A probe, and the write after it.
    Probe,
    /// Nothing.
    Not,
}

impl Consent {
    /// What to do with a write. Whoever is told to probe reports with [`given`](Self::given), [`refused`](Self::refused)
    /// or [`unclear`](Self::unclear).
    pub(super) fn may(&self, now: Instant) -> May {
        let mut state = self.state();
        match *state {
            State::Given => May::Send,
            State::Asking => May::Not,
            State::Refused(at) if now < at + REFUSAL => May::Not,
            State::Unasked | State::Refused(_) => {
                *state = State::Asking;
                May::Probe
            }
        }
    }

    /// The service said that it only planned.
    pub(super) fn given(&self) {
        *self.state() = State::Given;
    }

    /// The service answered as if nothing had been said; `true` when that is news.
    pub(super) fn refused(&self, now: Instant) -> bool {
        let before = std::mem::replace(&mut *self.state(), State::Refused(now));
        !matches!(before, State::Refused(_))
    }

    /// The service did not answer the probe.
    pub(super) fn unclear(&self) {
        *self.state() = State::Unasked;
    }

    /// Whether writes are left out because the service does not understand.
    pub(super) fn is_refused(&self) -> bool {
        matches!(*self.state(), State::Refused(_))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_write_waits_for_a_probe() {
        let (consent, now) = (Consent::default(), Instant::now());
        assert_eq!(consent.may(now), May::Probe);
        assert_eq!(consent.may(now), May::Not, "two probes at once");
        consent.given();
        assert_eq!(consent.may(now), May::Send);
    }

    #[tokio::test]
    async fn a_refusal_stands_for_a_while_and_is_news_once() {
        let (consent, now) = (Consent::default(), Instant::now());
        assert_eq!(consent.may(now), May::Probe);
        assert!(consent.refused(now));
        assert!(!consent.refused(now));
        assert!(consent.is_refused());
        assert_eq!(consent.may(now + REFUSAL / 2), May::Not);
        assert_eq!(consent.may(now + REFUSAL), May::Probe);
    }

    #[tokio::test]
    async fn a_probe_without_an_answer_is_tried_again() {
        let (consent, now) = (Consent::default(), Instant::now());
        assert_eq!(consent.may(now), May::Probe);
        consent.unclear();
        assert_eq!(consent.may(now), May::Probe);
    }
}
