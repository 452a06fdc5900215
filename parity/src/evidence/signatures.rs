//! Which differences came together, so that a request can be acquitted when all that accused it turns out to be noise.
//!
//! A counter of mismatches could not be taken back. A signature is the set of open keys of one request; its count is
//! a mismatch for as long as one of those keys is not noise. Bounded: past the cap, requests share one signature with
//! the keys of all of them, which errs on the side of accusing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::keys::KeyId;

/// Signatures kept apart.
const SIGNATURES: usize = 256;

/// How many requests had which open keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Signatures {
    #[serde(with = "as_list")]
    counts: BTreeMap<Vec<KeyId>, u64>,
    /// What came when there was no room left.
    rest: Rest,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rest {
    keys: BTreeSet<KeyId>,
    count: u64,
}

impl Signatures {
    /// Counts a request with these open keys, sorted.
    pub(super) fn add(&mut self, open: Vec<KeyId>) {
        if open.is_empty() {
            return;
        }
        if let Some(count) = self.counts.get_mut(&open) {
            *count += 1;
        } else if self.counts.len() < SIGNATURES {
            self.counts.insert(open, 1);
        } else {
            self.rest.keys.extend(open);
            self.rest.count += 1;
        }
    }

    /// Requests with at least one key of which `noise` does not hold.
    pub(super) fn accused(&self, noise: impl Fn(KeyId) -> bool) -> u64 {
        let told_apart: u64 = self
            .counts
            .iter()
            .filter(|(keys, _)| !keys.iter().all(|key| noise(*key)))
            .map(|(_, count)| count)
            .sum();
        let shared = !self.rest.keys.iter().all(|key| noise(*key));
        told_apart + if shared { self.rest.count } else { 0 }
    }
}

/// A map by lists is a list of pairs: JSON knows only text as a key.
mod as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::KeyId;

    type Counts = BTreeMap<Vec<KeyId>, u64>;

    pub(super) fn serialize<S: Serializer>(counts: &Counts, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(counts)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Counts, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_acquitted_with_the_last_key_that_accused_it_and_accused_again() {
        let mut signatures = Signatures::default();
        signatures.add(vec![1]);
        signatures.add(vec![1, 2]);
        signatures.add(vec![]);
        assert_eq!(signatures.accused(|_| false), 2);
        assert_eq!(signatures.accused(|key| key == 1), 1);
        assert_eq!(signatures.accused(|_| true), 0);
        assert_eq!(signatures.accused(|key| key == 2), 2);
    }

    #[test]
    fn past_the_cap_requests_are_acquitted_only_together() {
        let mut signatures = Signatures::default();
        for key in 0..300 {
            signatures.add(vec![key]);
        }
        assert_eq!(signatures.counts.len(), SIGNATURES);
        assert_eq!(signatures.accused(|_| true), 0);
        assert_eq!(
            signatures.accused(|key| key != 299),
            300 - SIGNATURES as u64
        );
        signatures.add(vec![0]);
        assert_eq!(signatures.accused(|key| key != 0), 2);
    }

    #[test]
    fn signatures_survive_a_restart() {
        let mut signatures = Signatures::default();
        signatures.add(vec![1, 2]);
        let text = serde_json::to_string(&signatures).unwrap();
        let again: Signatures = serde_json::from_str(&text).unwrap();
        assert_eq!(again.counts, signatures.counts);
    }
}
