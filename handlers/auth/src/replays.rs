//! Remembers deliveries, so that a copy of one is known for what it is.
//!
//! It must not know who signed. The surprise: when it is full the oldest is forgotten, which only whoever can sign can
//! bring about.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::signature::{Seal, SignatureError, TOLERANCE};

/// Deliveries that are remembered: some 200 a second for as long as a signature is good, in 4 MB.
const ENTRIES: usize = 65_536;

/// The deliveries of the last minutes.
#[derive(Debug, Default)]
pub struct Replays(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    until: HashMap<Seal, SystemTime>,
    order: VecDeque<(Seal, SystemTime)>,
}

impl Replays {
    /// How long a delivery is remembered: a signature is good for five minutes either way of its time.
    pub const WINDOW: Duration = Duration::from_secs(2 * TOLERANCE.as_secs() + 1);

    /// Remembers a delivery.
    ///
    /// # Errors
    /// [`SignatureError::Replayed`] when it is remembered already.
    pub fn admit(&self, seal: Seal, now: SystemTime) -> Result<(), SignatureError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.expire(now);
        if seen.until.contains_key(&seal) {
            return Err(SignatureError::Replayed);
        }
        seen.remember(seal, now + Self::WINDOW);
        Ok(())
    }

    /// Forgets a delivery that came to nothing, so that the provider may try again.
    pub fn forget(&self, seal: Seal) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.until.remove(&seal);
    }
}

impl Seen {
    fn remember(&mut self, seal: Seal, until: SystemTime) {
        if self.order.len() >= ENTRIES {
            self.drop_oldest();
        }
        self.until.insert(seal, until);
        self.order.push_back((seal, until));
    }

    fn expire(&mut self, now: SystemTime) {
        while self.order.front().is_some_and(|(_, until)| *until <= now) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((seal, until)) = self.order.pop_front() else {
            return;
        };
        // One that was forgotten and came again has a later entry of its own.
        if self.until.get(&seal) == Some(&until) {
            self.until.remove(&seal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(number: u128) -> Seal {
        Seal::for_test(number.to_be_bytes())
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_delivery_is_admitted_once_while_its_signature_is_good() {
        let replays = Replays::default();
        assert_eq!(replays.admit(seal(1), at(0)), Ok(()));
        assert_eq!(replays.admit(seal(2), at(0)), Ok(()));
        assert_eq!(
            replays.admit(seal(1), at(600)),
            Err(SignatureError::Replayed)
        );
        assert_eq!(replays.admit(seal(1), at(601)), Ok(()));
    }

    #[test]
    fn a_delivery_that_came_to_nothing_may_come_again() {
        let replays = Replays::default();
        assert_eq!(replays.admit(seal(1), at(0)), Ok(()));
        replays.forget(seal(1));
        assert_eq!(replays.admit(seal(1), at(10)), Ok(()));
        let replayed = Err(SignatureError::Replayed);
        assert_eq!(
            replays.admit(seal(1), at(605)),
            replayed,
            "the first entry has ended"
        );
    }

    #[test]
    fn the_oldest_goes_when_there_is_no_room() {
        let replays = Replays::default();
        for number in 0..=ENTRIES as u128 {
            assert_eq!(replays.admit(seal(number), at(0)), Ok(()));
        }
        assert_eq!(replays.0.lock().unwrap().order.len(), ENTRIES);
        assert_eq!(replays.admit(seal(1), at(0)), Err(SignatureError::Replayed));
        assert_eq!(replays.admit(seal(0), at(0)), Ok(()));
    }
}
