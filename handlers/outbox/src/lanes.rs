//! Whose turn it is: messages of one addressee one after the other, addressees side by side, channels within bounds.
//!
//! It decides and touches nothing; times are Unix milliseconds that it is told. The surprise: a message that waits for
//! its next try holds up its lane and nothing else, and a channel that is slow holds up no other channel.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// How much may be on its way at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Breadth {
    /// Of one channel.
    pub(crate) channel: usize,
    /// Of all.
    pub(crate) all: usize,
}

/// All that waits, by number.
#[derive(Debug)]
pub(crate) struct Lanes {
    breadth: Breadth,
    in_flight: usize,
    lanes: HashMap<Arc<str>, Lane>,
    channels: HashMap<String, Channel>,
}

#[derive(Debug, Default)]
struct Lane {
    /// The first is the one that is tried; times before which the others are not due are not looked at before.
    queue: VecDeque<(i64, i64)>,
    busy: bool,
}

#[derive(Debug, Default)]
struct Channel {
    in_flight: usize,
    /// Of each lane that is not busy: when its first is due, its number, the lane.
    first: BTreeSet<(i64, i64, Arc<str>)>,
}

/// A message whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) number: i64,
    pub(crate) lane: Arc<str>,
}

impl Lanes {
    pub(crate) fn new(breadth: Breadth) -> Self {
        Self {
            breadth,
            in_flight: 0,
            lanes: HashMap::new(),
            channels: HashMap::new(),
        }
    }

    /// Puts a message behind all of its lane.
    pub(crate) fn add(&mut self, number: i64, lane: &str, due: i64) {
        let name: Arc<str> = match self.lanes.get_key_value(lane) {
            Some((name, _)) => Arc::clone(name),
            None => lane.into(),
        };
        let lane = self.lanes.entry(Arc::clone(&name)).or_default();
        lane.queue.push_back((number, due));
        if lane.queue.len() == 1 && !lane.busy {
            self.channel(&name).first.insert((due, number, name));
        }
    }

    /// The message that has been due longest, of a channel with room; it is in flight until [`settle`](Self::settle) or
    /// [`postpone`](Self::postpone).
    pub(crate) fn next(&mut self, now: i64) -> Option<Turn> {
        if self.in_flight >= self.breadth.all {
            return None;
        }
        let most = self.breadth.channel;
        let with_room = self.channels.values_mut().filter(|c| c.in_flight < most);
        let channel = with_room
            .filter(|channel| channel.first.first().is_some_and(|(due, ..)| *due <= now))
            .min_by_key(|channel| {
                channel
                    .first
                    .first()
                    .map(|(due, number, _)| (*due, *number))
            })?;
        let (_, number, lane) = channel.first.pop_first()?;
        channel.in_flight += 1;
        self.in_flight += 1;
        self.lanes.get_mut(&lane)?.busy = true;
        Some(Turn { number, lane })
    }

    /// The message has left: the next of its lane is first.
    pub(crate) fn settle(&mut self, turn: &Turn) {
        if let Some(lane) = self.land(turn) {
            lane.queue.pop_front();
        }
        self.queue_first(turn);
    }

    /// The message stays first, and is due then.
    pub(crate) fn postpone(&mut self, turn: &Turn, due: i64) {
        if let Some(first) = self.land(turn).and_then(|lane| lane.queue.front_mut()) {
            first.1 = due;
        }
        self.queue_first(turn);
    }

    /// When the next message is due that has room; `None` when only an end of what is in flight can make room or nothing
    /// waits.
    pub(crate) fn soonest(&self) -> Option<i64> {
        if self.in_flight >= self.breadth.all {
            return None;
        }
        let most = self.breadth.channel;
        let with_room = self.channels.values().filter(|c| c.in_flight < most);
        with_room
            .filter_map(|c| c.first.first())
            .map(|(due, ..)| *due)
            .min()
    }

    /// How many are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn land(&mut self, turn: &Turn) -> Option<&mut Lane> {
        let channel = self.channel(&turn.lane);
        channel.in_flight = channel.in_flight.saturating_sub(1);
        self.in_flight = self.in_flight.saturating_sub(1);
        let lane = self.lanes.get_mut(&turn.lane)?;
        lane.busy = false;
        Some(lane)
    }

    /// Lines up the first of a lane that is not busy; forgets a lane and a channel that are empty.
    fn queue_first(&mut self, turn: &Turn) {
        let first = self
            .lanes
            .get(&turn.lane)
            .and_then(|lane| lane.queue.front());
        if let Some((number, due)) = first.copied() {
            let name = Arc::clone(&turn.lane);
            self.channel(&turn.lane).first.insert((due, number, name));
            return;
        }
        self.lanes.remove(&turn.lane);
        let name = channel_of(&turn.lane);
        if self
            .channels
            .get(name)
            .is_some_and(|c| c.in_flight == 0 && c.first.is_empty())
        {
            self.channels.remove(name);
        }
    }

    fn channel(&mut self, lane: &str) -> &mut Channel {
        self.channels
            .entry(channel_of(lane).to_owned())
            .or_default()
    }
}

/// The channel's id is what a lane's name begins with.
fn channel_of(lane: &str) -> &str {
    lane.split('\u{1f}').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREADTH: Breadth = Breadth { channel: 2, all: 3 };

    fn lanes(waiting: &[(i64, &str, i64)]) -> Lanes {
        let mut lanes = Lanes::new(BREADTH);
        for (number, lane, due) in waiting {
            lanes.add(*number, lane, *due);
        }
        lanes
    }

    fn numbers(lanes: &mut Lanes, now: i64) -> Vec<i64> {
        std::iter::from_fn(|| lanes.next(now))
            .map(|turn| turn.number)
            .collect()
    }

    #[test]
    fn one_addressee_is_served_in_order_and_one_at_a_time() {
        let mut lanes = lanes(&[(1, "z\u{1f}\u{1f}a", 0), (2, "z\u{1f}\u{1f}a", 0)]);
        let first = lanes.next(0).unwrap();
        assert_eq!((first.number, lanes.next(0)), (1, None));
        lanes.settle(&first);
        assert_eq!(numbers(&mut lanes, 0), [2]);
    }

    #[test]
    fn what_waits_for_its_next_try_holds_up_its_lane_only() {
        let mut lanes = lanes(&[
            (1, "z\u{1f}\u{1f}a", 0),
            (2, "z\u{1f}\u{1f}a", 0),
            (3, "z\u{1f}\u{1f}b", 5),
        ]);
        let first = lanes.next(0).unwrap();
        lanes.postpone(&first, 100);
        assert_eq!(lanes.soonest(), Some(5));
        assert_eq!(numbers(&mut lanes, 5), [3]);
        assert_eq!((lanes.next(99), lanes.soonest()), (None, Some(100)));
        assert_eq!(numbers(&mut lanes, 100), [1]);
    }

    #[test]
    fn a_slow_channel_leaves_room_for_another() {
        let waiting = [
            (1, "z\u{1f}\u{1f}a", 0),
            (2, "z\u{1f}\u{1f}b", 0),
            (3, "z\u{1f}\u{1f}c", 0),
            (4, "t\u{1f}\u{1f}a", 0),
            (5, "t\u{1f}\u{1f}b", 0),
        ];
        let mut lanes = lanes(&waiting);
        assert_eq!(numbers(&mut lanes, 0), [1, 2, 4]);
        assert_eq!((lanes.in_flight(), lanes.soonest()), (3, None));
    }

    #[test]
    fn what_is_empty_is_forgotten() {
        let mut lanes = lanes(&[(1, "z\u{1f}\u{1f}a", 0)]);
        let only = lanes.next(0).unwrap();
        lanes.settle(&only);
        assert!(lanes.lanes.is_empty() && lanes.channels.is_empty());
        assert_eq!((lanes.in_flight(), lanes.soonest()), (0, None));
    }

    #[test]
    fn the_longest_due_goes_first() {
        let mut lanes = lanes(&[
            (1, "z\u{1f}\u{1f}a", 9),
            (2, "t\u{1f}\u{1f}a", 3),
            (3, "z\u{1f}\u{1f}b", 3),
        ]);
        assert_eq!(numbers(&mut lanes, 9), [2, 3, 1]);
    }
}
