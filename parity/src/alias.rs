//! Which identifiers of the two sides belong together.
//!
//! Both sides may name the same thing in their own way, but each thing has one name on each side: a legacy identifier
//! that corresponds to two of rust's, or the reverse, is a difference. Kept per client and bounded; the oldest leave.
//! The surprise: a name that one side made up cannot come from the other, so one that both say is no name of this kind.

use std::collections::{HashMap, VecDeque};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Pairs of identifiers that were seen to correspond.
#[derive(Debug)]
pub struct AliasBook {
    most: usize,
    of_legacy: HashMap<u64, u64>,
    of_rust: HashMap<u64, u64>,
    order: VecDeque<(u64, u64)>,
}

impl AliasBook {
    /// A book of at most so many pairs, over all clients.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            of_legacy: HashMap::new(),
            of_rust: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Whether the two may correspond for this client. When nothing is known of either, they do from now on.
    pub(crate) fn correspond(&mut self, client: u64, legacy: &str, rust: &str) -> bool {
        let legacy = xxh3_64_with_seed(legacy.as_bytes(), client);
        let rust = xxh3_64_with_seed(rust.as_bytes(), client);
        match (self.of_legacy.get(&legacy), self.of_rust.get(&rust)) {
            (None, None) if self.crosses(legacy, rust) => false,
            (None, None) => {
                self.add(legacy, rust);
                true
            }
            (known, back) => known == Some(&rust) && back == Some(&legacy),
        }
    }

    /// Whether one side now says what the other side made up: two things have changed places.
    fn crosses(&self, legacy: u64, rust: u64) -> bool {
        self.of_rust.contains_key(&legacy) || self.of_legacy.contains_key(&rust)
    }

    fn add(&mut self, legacy: u64, rust: u64) {
        if self.order.len() >= self.most
            && let Some((legacy, rust)) = self.order.pop_front()
        {
            self.of_legacy.remove(&legacy);
            self.of_rust.remove(&rust);
        }
        self.of_legacy.insert(legacy, rust);
        self.of_rust.insert(rust, legacy);
        self.order.push_back((legacy, rust));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_correspond_one_to_one() {
        let mut book = AliasBook::new(10);
        assert!(book.correspond(1, "a", "A"));
        assert!(book.correspond(1, "a", "A"));
        assert!(!book.correspond(1, "a", "B"));
        assert!(!book.correspond(1, "b", "A"));
        assert!(book.correspond(2, "a", "B"), "another client");
    }

    #[test]
    fn two_that_change_places_do_not_correspond() {
        let mut book = AliasBook::new(10);
        assert!(book.correspond(1, "a", "b"));
        assert!(!book.correspond(1, "b", "a"));
        assert!(!book.correspond(1, "b", "c"));
        assert!(!book.correspond(1, "c", "a"));
        assert!(book.correspond(1, "c", "d"));
    }

    #[test]
    fn the_oldest_leave() {
        let mut book = AliasBook::new(2);
        for name in ["a", "b", "c"] {
            assert!(book.correspond(1, name, name));
        }
        assert!(book.correspond(1, "a", "x"));
        assert!(!book.correspond(1, "c", "x"));
        assert_eq!(book.of_legacy.len(), 2);
        assert_eq!(book.of_rust.len(), 2);
    }
}
