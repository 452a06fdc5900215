//! What is known of the queue without asking its file, and whether it takes one more.
//!
//! It decides and touches nothing.

use std::sync::atomic::Ordering::Relaxed;

use crate::BridgeError;
use crate::status::Gauges;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    pub(crate) bytes: u64,
}

/// Whether an entry that says what the one before it says is worth a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// It is not: the legacy drops a wake whose text is that of the one before.
    Coalesce,
    /// It is: every agent's turn is one.
    Keep,
}

/// Something to be kept until the legacy has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) body: String,
    pub(crate) repeats: Repeats,
}

/// What becomes of a draft.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Row,
    Coalesced,
    Full,
}

/// What is known of the queue.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) waiting: usize,
    pub(super) bytes: u64,
    pub(super) dead: usize,
    /// When the oldest entry came, Unix milliseconds; 0 when nothing waits.
    pub(super) oldest: i64,
    /// The last entry, when a repetition of it would be dropped.
    pub(super) tail: Option<(i64, String)>,
    /// How many entries are in flight, and the number of the last of them.
    pub(super) in_flight: usize,
    pub(super) taken: i64,
}

impl Tally {
    pub(super) fn admit(&self, draft: &Draft, limits: Limits) -> Admission {
        if draft.repeats == Repeats::Coalesce && self.ends_with(&draft.body) {
            return Admission::Coalesced;
        }
        let bytes = self.bytes + draft.body.len() as u64;
        if self.waiting >= limits.entries || bytes > limits.bytes {
            return Admission::Full;
        }
        Admission::Row
    }

    /// An entry in flight may be at the legacy already, and what the legacy has it has drained perhaps.
    fn ends_with(&self, body: &str) -> bool {
        self.tail
            .as_ref()
            .is_some_and(|(id, last)| *id > self.taken && last == body)
    }

    pub(super) fn add(&mut self, id: i64, at: i64, draft: Draft) {
        if self.waiting == 0 {
            self.oldest = at;
        }
        self.waiting += 1;
        self.bytes += draft.body.len() as u64;
        self.tail = (draft.repeats == Repeats::Coalesce).then_some((id, draft.body));
    }

    pub(super) fn publish(&self, gauges: &Gauges) {
        gauges.waiting.store(self.waiting, Relaxed);
        gauges.in_flight.store(self.in_flight, Relaxed);
        gauges.dead.store(self.dead, Relaxed);
        gauges.oldest.store(self.oldest, Relaxed);
    }
}

impl Admission {
    pub(super) fn answer(self) -> Result<(), BridgeError> {
        match self {
            Self::Row | Self::Coalesced => Ok(()),
            Self::Full => Err(BridgeError::Full),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        entries: 2,
        bytes: 10,
    };

    fn wake(body: &str) -> Draft {
        Draft {
            body: body.to_owned(),
            repeats: Repeats::Coalesce,
        }
    }

    fn agent(body: &str) -> Draft {
        Draft {
            body: body.to_owned(),
            repeats: Repeats::Keep,
        }
    }

    fn after(drafts: &[Draft]) -> Tally {
        let mut tally = Tally::default();
        for (place, draft) in drafts.iter().enumerate() {
            tally.add(place as i64 + 1, 7, draft.clone());
        }
        tally
    }

    #[test]
    fn only_a_wake_right_behind_its_like_is_coalesced() {
        let check = |before: &[Draft], next: Draft, expect: Admission| {
            assert_eq!(after(before).admit(&next, LIMITS), expect, "{before:?}");
        };
        check(&[], wake("a"), Admission::Row);
        check(&[wake("a")], wake("a"), Admission::Coalesced);
        check(&[wake("a")], wake("b"), Admission::Row);
        check(&[agent("a")], agent("a"), Admission::Row);
        check(&[wake("a"), agent("b")], wake("a"), Admission::Full);
    }

    #[test]
    fn what_is_in_flight_is_not_repeated_by_coalescing() {
        let mut tally = after(&[wake("a")]);
        tally.taken = 1;
        assert_eq!(tally.admit(&wake("a"), LIMITS), Admission::Row);
    }

    #[test]
    fn both_bounds_hold_and_a_coalesced_wake_passes_a_full_queue() {
        let full = after(&[wake("a"), wake("b")]);
        assert_eq!(full.admit(&wake("c"), LIMITS), Admission::Full);
        assert_eq!(full.admit(&wake("b"), LIMITS), Admission::Coalesced);
        let heavy = after(&[wake("123456")]);
        assert_eq!(heavy.admit(&wake("12345"), LIMITS), Admission::Full);
        assert_eq!(heavy.admit(&wake("1234"), LIMITS), Admission::Row);
    }
}
