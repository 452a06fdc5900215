//! What a comparison has found so far: at most one difference per key, each with what the rules say about it.

use std::collections::HashMap;

use serde_json::Value;

use crate::json::{At, Doc, read, shorten, show};
use crate::rules::{Rules, Says, Spot};
use crate::{Comparison, Difference, Key, Kind, Place, Standing};

/// Keys of one comparison; nobody looks at more of them.
const MOST: usize = 500;

/// Collects differences.
pub(super) struct Found<'r> {
    pub(super) rules: &'r Rules,
    comparison: Comparison,
    index: HashMap<Key, usize>,
}

/// One side's value at a place.
#[derive(Clone, Copy)]
pub(super) enum Bit<'a> {
    Nothing,
    Status(u16),
    Text(&'a str),
    Bytes(usize),
    Json(&'a Doc<'a>, At),
}

impl<'r> Found<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            comparison: Comparison::default(),
            index: HashMap::new(),
        }
    }

    pub(super) fn done(self) -> Comparison {
        self.comparison
    }

    /// A value that is equal by its class only.
    pub(super) fn by_class(&mut self) {
        self.comparison.by_class += 1;
    }

    /// A rule took effect.
    pub(super) fn applied(&mut self, rule: u16) {
        if !self.comparison.rules.contains(&rule) {
            self.comparison.rules.push(rule);
        }
    }

    /// A difference at `spot`, which is counted under `place`.
    pub(super) fn add(
        &mut self,
        (place, spot): (Place, Spot<'_>),
        kind: Kind,
        (legacy, rust): (Bit<'_>, Bit<'_>),
        offset: Option<u64>,
    ) {
        let standing = self.standing(spot, legacy, rust);
        let key = self.bounded(Key { place, kind });
        match self.index.get(&key).copied() {
            // What a rule covers somewhere must not cover for the same elsewhere.
            Some(at) if !self.is_weaker(at, standing) => {}
            Some(at) => {
                self.comparison.differences[at] = difference(key, standing, legacy, rust, offset);
            }
            None => {
                self.index
                    .insert(key.clone(), self.comparison.differences.len());
                let difference = difference(key, standing, legacy, rust, offset);
                self.comparison.differences.push(difference);
            }
        }
    }

    /// A key that is known or one of the first; all others are one.
    fn bounded(&self, key: Key) -> Key {
        if self.comparison.differences.len() < MOST || self.index.contains_key(&key) {
            return key;
        }
        Key {
            place: Place::new("body"),
            kind: key.kind,
        }
    }

    /// The rule that expects these two values at `spot`.
    pub(super) fn expected(&self, spot: Spot<'_>, legacy: Bit<'_>, rust: Bit<'_>) -> Option<u16> {
        let expects = |(index, says): (u16, &Says)| match says {
            Says::Expect {
                legacy: of_legacy,
                rust: of_rust,
            } => (legacy.is(of_legacy.as_ref()) && rust.is(of_rust.as_ref())).then_some(index),
            _ => None,
        };
        self.rules.at(spot).find_map(expects)
    }

    fn is_weaker(&self, at: usize, than: Standing) -> bool {
        let standing = self.comparison.differences[at].standing;
        than == Standing::Open && standing != Standing::Open
    }

    fn standing(&mut self, spot: Spot<'_>, legacy: Bit<'_>, rust: Bit<'_>) -> Standing {
        if self.rules.is_empty() {
            return Standing::Open;
        }
        if let Some(rule) = self.expected(spot, legacy, rust) {
            self.applied(rule);
            return Standing::Expected;
        }
        match self.rules.ignores(spot) {
            Some(rule) => {
                self.applied(rule);
                Standing::Ignored
            }
            None => Standing::Open,
        }
    }
}

fn difference(
    key: Key,
    standing: Standing,
    legacy: Bit<'_>,
    rust: Bit<'_>,
    offset: Option<u64>,
) -> Difference {
    Difference {
        key,
        standing,
        legacy: legacy.shown(),
        rust: rust.shown(),
        offset,
    }
}

impl Bit<'_> {
    fn shown(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Status(status) => Some(status.to_string()),
            Self::Text(text) => Some(shorten(text)),
            Self::Bytes(length) => Some(format!("{length} bytes")),
            Self::Json(doc, at) => Some(show(doc, at)),
        }
    }

    /// Whether it is what a rule says; a rule that says nothing means anything.
    fn is(self, expected: Option<&Value>) -> bool {
        let Some(expected) = expected else {
            return true;
        };
        match self {
            Self::Nothing | Self::Bytes(_) => false,
            Self::Status(status) => expected.as_f64() == Some(f64::from(status)),
            Self::Text(text) => expected.as_str() == Some(text),
            Self::Json(doc, at) => {
                let expected = expected.to_string();
                let expected = read(expected.as_bytes());
                expected.is_some_and(|expected| expected.hash_of(Doc::ROOT) == doc.hash_of(at))
            }
        }
    }
}
