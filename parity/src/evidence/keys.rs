//! What is known of each key of a route.
//!
//! Bounded: past the cap a new key is counted under the place above it. States are worked out when a count that they
//! depend on has changed, and not otherwise. The table must not know requests.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::report::KeyReport;
use crate::noise::{KeyState, Tally};
use crate::statistics::least_rejected;
use crate::{Comparison, Difference, Key, Place, Standing};

/// Keys kept apart per route; a route with more has lost its structure, not gained differences.
const KEYS: usize = 256;

/// The false discovery rate of "real" over a route's keys.
const ALPHA: f64 = 0.05;

/// The logarithm of the least e-value by which any key is called real: a lone key's chance of being accused while it
/// is merely noisy is one in a hundred at most, where `ALPHA` alone would allow one in twenty.
const LEAST: f64 = 4.605_170_185_988_092;

/// A key's place in the table, for as long as the evidence lives.
pub(super) type KeyId = u16;

/// The table; serialised as the list of its entries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub(super) struct Keys {
    entries: Vec<Entry>,
    index: HashMap<Key, KeyId>,
}

/// What is kept of one key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    key: Key,
    #[serde(default)]
    tally: Tally,
    /// Requests in which it differed between legacy and rust, covered by no rule.
    #[serde(default)]
    count: u64,
    #[serde(default)]
    expected: u64,
    #[serde(default)]
    ignored: u64,
    /// Both sides' values where it was first seen.
    #[serde(default)]
    legacy: Option<String>,
    #[serde(default)]
    rust: Option<String>,
    /// Unix seconds.
    #[serde(default)]
    since: u64,
    #[serde(default)]
    last: u64,
    /// Worked out again when it is read.
    #[serde(skip)]
    ln_e: f64,
    #[serde(skip)]
    state: KeyState,
}

impl Keys {
    /// Counts the differences between legacy and rust; returns the keys of the open ones, sorted, each once.
    pub(super) fn count(&mut self, comparison: &Comparison, at: u64) -> Vec<KeyId> {
        let before = self.live();
        let mut open = Vec::new();
        for difference in &comparison.differences {
            let id = self.id(&difference.key, at);
            let entry = &mut self.entries[usize::from(id)];
            entry.last = at;
            match difference.standing {
                Standing::Expected => entry.expected += 1,
                Standing::Ignored => entry.ignored += 1,
                Standing::Open => {
                    entry.keep_values(difference);
                    open.push(id);
                }
            }
        }
        let open = once(open);
        for id in &open {
            self.entries[usize::from(*id)].count += 1;
        }
        if self.live() != before {
            self.judge();
        }
        open
    }

    /// Counts a request that was asked of the legacy twice: `open` are the keys between legacy and rust, `again` is
    /// legacy against legacy.
    pub(super) fn learn(&mut self, open: &[KeyId], again: &Comparison, at: u64) {
        let noisy: Vec<KeyId> = again
            .open()
            .map(|difference| self.id(&difference.key, at))
            .collect();
        let noisy = once(noisy);
        for id in open {
            let tally = &mut self.entries[usize::from(*id)].tally;
            match noisy.binary_search(id) {
                Ok(_) => tally.a += 1,
                Err(_) => tally.b += 1,
            }
        }
        for id in &noisy {
            if open.binary_search(id).is_err() {
                self.entries[usize::from(*id)].tally.c += 1;
            }
        }
        if !(open.is_empty() && noisy.is_empty()) {
            self.weigh(open);
            self.weigh(&noisy);
            self.judge();
        }
    }

    /// Whether a key is known for the legacy's own noise.
    pub(super) fn is_noise(&self, id: KeyId) -> bool {
        self.entries
            .get(usize::from(id))
            .is_some_and(|entry| entry.state == KeyState::Noise)
    }

    /// The key itself.
    pub(super) fn key(&self, id: KeyId) -> Key {
        self.entries[usize::from(id)].key.clone()
    }

    /// When a difference that is not noise was last seen, in unix seconds.
    pub(super) fn last_held_against(&self) -> Option<u64> {
        let held = |entry: &&Entry| entry.count > 0 && entry.state != KeyState::Noise;
        self.entries
            .iter()
            .filter(held)
            .map(|entry| entry.last)
            .max()
    }

    /// Every key with what is known of it, the most frequent first.
    pub(super) fn report(&self) -> Vec<KeyReport> {
        let mut all: Vec<KeyReport> = self.entries.iter().map(Entry::report).collect();
        all.sort_by_key(|report| std::cmp::Reverse(report.count));
        all
    }

    fn id(&mut self, key: &Key, at: u64) -> KeyId {
        if let Some(id) = self.index.get(key) {
            return *id;
        }
        if self.entries.len() < KEYS {
            return self.insert(key.clone(), at);
        }
        match above(&key.place) {
            Some(place) => self.id(
                &Key {
                    place,
                    kind: key.kind,
                },
                at,
            ),
            // Roots are few, so they may go past the cap.
            None => self.insert(key.clone(), at),
        }
    }

    fn insert(&mut self, key: Key, at: u64) -> KeyId {
        let id = self.entries.len() as KeyId;
        self.index.insert(key.clone(), id);
        self.entries.push(Entry::new(key, at));
        id
    }

    fn live(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_live()).count()
    }

    fn weigh(&mut self, ids: &[KeyId]) {
        for id in ids {
            let entry = &mut self.entries[usize::from(*id)];
            entry.ln_e = entry.tally.ln_e();
        }
    }

    fn judge(&mut self) {
        let live = self.entries.iter().filter(|entry| entry.is_live());
        // An e-value that is cut to nothing below some height is still one, so e-BH keeps its promise.
        let mut values: Vec<f64> = live.map(|entry| cut(entry.ln_e)).collect();
        let rejected = least_rejected(&mut values, ALPHA).max(LEAST);
        for entry in &mut self.entries {
            entry.state = entry.tally.state(entry.ln_e, rejected);
        }
    }
}

fn cut(ln_e: f64) -> f64 {
    if ln_e < LEAST {
        f64::NEG_INFINITY
    } else {
        ln_e
    }
}

impl Entry {
    fn new(key: Key, at: u64) -> Self {
        Self {
            key,
            tally: Tally::default(),
            count: 0,
            expected: 0,
            ignored: 0,
            legacy: None,
            rust: None,
            since: at,
            last: at,
            ln_e: 0.0,
            state: KeyState::Learning,
        }
    }

    /// Whether a difference that no rule covers was seen here, against rust or against a second legacy.
    fn is_live(&self) -> bool {
        self.count > 0 || self.tally != Tally::default()
    }

    fn keep_values(&mut self, difference: &Difference) {
        if self.count == 0 {
            self.legacy.clone_from(&difference.legacy);
            self.rust.clone_from(&difference.rust);
        }
    }

    fn report(&self) -> KeyReport {
        let (count, state) = if self.is_live() {
            (self.count, self.state)
        } else if self.expected > 0 {
            (self.expected, KeyState::Expected)
        } else {
            (self.ignored, KeyState::Ignored)
        };
        KeyReport {
            key: self.key.clone(),
            count,
            state,
            legacy: self.legacy.clone(),
            rust: self.rust.clone(),
            since: self.since,
            last: self.last,
            tally: self.tally,
            // JSON has no infinity.
            e_value: self.ln_e.exp().min(f64::MAX),
        }
    }
}

impl From<Vec<Entry>> for Keys {
    fn from(entries: Vec<Entry>) -> Self {
        let ids = entries.iter().zip(0..);
        let mut keys = Self {
            index: ids.map(|(entry, id)| (entry.key.clone(), id)).collect(),
            entries,
        };
        for entry in &mut keys.entries {
            entry.ln_e = entry.tally.ln_e();
        }
        keys.judge();
        keys
    }
}

impl From<Keys> for Vec<Entry> {
    fn from(keys: Keys) -> Self {
        keys.entries
    }
}

fn once(mut ids: Vec<KeyId>) -> Vec<KeyId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The place that a key is counted under when its own finds no room; none for a root.
fn above(place: &Place) -> Option<Place> {
    let text = place.as_str();
    if let Some((head, _)) = text.rsplit_once('/') {
        let root = head.is_empty() || head.ends_with(':');
        return Some(Place::new(if root { "body" } else { head }));
    }
    match text {
        "status" | "body" | "header" => None,
        _ if text.starts_with("header:") => Some(Place::new("header")),
        _ => Some(Place::new("body")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn places_fold_up_to_their_root() {
        let mut place = Place::new("json:/a/b/c");
        let mut way = Vec::new();
        while let Some(next) = above(&place) {
            way.push(next.as_str().to_owned());
            place = next;
        }
        assert_eq!(way, ["json:/a/b", "json:/a", "body"]);
        assert_eq!(
            above(&Place::new("header:etag")),
            Some(Place::new("header"))
        );
        assert_eq!(above(&Place::new("status")), None);
        assert_eq!(above(&Place::new("json:")), Some(Place::new("body")));
    }

    #[test]
    fn past_the_cap_a_key_is_counted_under_the_place_above_it() {
        let key = |text: &str| Key {
            place: Place::new(text),
            kind: Kind::Value,
        };
        let mut keys = Keys::default();
        let top = keys.id(&key("json:/a"), 1);
        for at in 1..KEYS {
            keys.id(&key(&format!("json:/b/{at}")), 1);
        }
        assert_eq!(keys.id(&key("json:/a/deep/down"), 1), top);
        let body = keys.id(&key("json:/c/1"), 1);
        assert_eq!(keys.key(body).place.as_str(), "body");
        assert_eq!(keys.id(&key("json:/b/new"), 1), body);
        assert_eq!(keys.entries.len(), KEYS + 1);
    }
}
