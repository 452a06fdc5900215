//! How many may listen at once, and who has to go for another.
//!
//! It must not know what is listened to. The surprise: a listener that takes nothing any more, because its computer sleeps
//! or its connection is dead, keeps its seat until somebody wants it, and no longer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A listener is sent something every 15 seconds; one that took nothing for this long is not there.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The seats there are.
pub(super) struct Seats {
    most: usize,
    taken: Mutex<Vec<Arc<Chair>>>,
}

/// A seat, free again when it is dropped.
pub(super) struct Seat(Arc<Chair>);

struct Chair {
    stirred: Mutex<Instant>,
    lost: AtomicBool,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Mutex::default(),
        }
    }

    /// A seat, if one is free or can be made so.
    pub(super) fn take(&self) -> Option<Seat> {
        let mut taken = locked(&self.taken);
        // Ours is the only other hold on a chair that nobody sits on.
        taken.retain(|chair| Arc::strong_count(chair) > 1);
        if taken.len() >= self.most {
            let gone = taken.iter().position(|chair| chair.is_still())?;
            taken.remove(gone).lost.store(true, Ordering::Relaxed);
        }
        let chair = Arc::new(Chair {
            stirred: Mutex::new(Instant::now()),
            lost: AtomicBool::new(false),
        });
        taken.push(Arc::clone(&chair));
        Some(Seat(chair))
    }
}

impl Seat {
    /// Its listener took something. Gives whether the seat is still its own.
    pub(super) fn stir(&self) -> bool {
        *locked(&self.0.stirred) = Instant::now();
        !self.0.lost.load(Ordering::Relaxed)
    }
}

impl Chair {
    fn is_still(&self) -> bool {
        locked(&self.stirred).elapsed() > PATIENCE
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_gone_makes_room_and_who_listens_does_not() {
        let seats = Seats::new(2);
        let (one, two) = (seats.take().unwrap(), seats.take().unwrap());
        assert!(seats.take().is_none());
        tokio::time::advance(PATIENCE + Duration::from_secs(1)).await;
        assert!(one.stir());
        let three = seats.take().unwrap();
        assert!(seats.take().is_none());
        assert!(one.stir() && three.stir());
        assert!(!two.stir(), "the still one has lost its seat");
        drop(one);
        assert!(seats.take().is_some());
    }
}
