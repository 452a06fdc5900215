//! What a comparison found.

use crate::Key;

/// The outcome of comparing two observations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What differs, at most one entry per key, in the order of the answer.
    pub differences: Vec<Difference>,
    /// Values that are equal by their class only: both a UUID, both a time, and so on.
    pub by_class: u32,
    /// Which of the route's rules took effect, by their index in `Rules`.
    pub rules: Vec<u16>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is counted under.
    pub key: Key,
    /// Whether somebody said that it may be.
    pub standing: Standing,
    /// Legacy's value, shortened for people; none where it has none.
    pub legacy: Option<String>,
    /// Rust's value, shortened for people; none where it has none.
    pub rust: Option<String>,
    /// Byte offset of the first divergence in a text, a binary body or an event stream.
    pub offset: Option<u64>,
}

/// What the route's rules say about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: the evidence decides.
    Open,
    /// An entry of `parity.expect` describes it.
    Expected,
    /// An entry of `parity.ignore` covers it.
    Ignored,
}

impl Comparison {
    /// The differences that no rule covers.
    pub fn open(&self) -> impl Iterator<Item = &Difference> {
        self.differences
            .iter()
            .filter(|difference| difference.standing == Standing::Open)
    }

    /// Whether nothing differs that is not covered by a rule.
    pub fn is_match(&self) -> bool {
        self.open().next().is_none()
    }
}
