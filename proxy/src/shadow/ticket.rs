//! How many requests the lane has in hand, and how many of them may be of one route.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of places; shared by whoever takes them.
#[derive(Debug, Clone)]
pub(super) struct Places(Arc<AtomicUsize>);

/// A place taken in each of two sets; given back when dropped.
#[derive(Debug)]
pub(super) struct Ticket(Places, Places);

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(count)))
    }

    fn take(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        taken.is_ok()
    }

    /// How many nobody has.
    pub(super) fn free(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn give_back(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Ticket {
    /// `None` when either set has no place left.
    pub(super) fn take(one: &Places, other: &Places) -> Option<Self> {
        if !one.take() {
            return None;
        }
        if !other.take() {
            one.give_back();
            return None;
        }
        Some(Self(one.clone(), other.clone()))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.give_back();
        self.1.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_needs_a_place_in_both_sets() {
        let (lane, route, other) = (Places::new(2), Places::new(1), Places::new(1));
        let first = Ticket::take(&lane, &route).unwrap();
        assert!(Ticket::take(&lane, &route).is_none());
        let second = Ticket::take(&lane, &other).unwrap();
        assert!(Ticket::take(&lane, &Places::new(1)).is_none());
        drop((first, second));
        assert!(Ticket::take(&lane, &route).is_some());
    }
}
