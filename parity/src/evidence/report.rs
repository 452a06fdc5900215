//! What the evidence says, for people and for the admin API.

use serde::Serialize;

use crate::Key;
use crate::noise::{KeyState, Tally};

/// What a comparison was counted as; the label values of `overgrow_parity_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing differs but what is ignored or equal by class.
    Match,
    /// Something differs that is not known to be the legacy's own noise.
    Mismatch,
    /// All that differs was announced.
    Expected,
    /// All that differs without being announced is noise of the legacy.
    Noise,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::Expected => "expected",
            Self::Noise => "noise",
        }
    }
}

/// What became of a recorded pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What it was counted as, by what is known now. It may be acquitted or accused later.
    pub verdict: Verdict,
    /// The keys of its open differences, noise among them, as they are counted.
    pub keys: Vec<Key>,
}

/// One key with what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyReport {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// In how many compared requests it differed between legacy and rust. For a key that was only ever expected or
    /// ignored, how often it was that.
    pub count: u64,
    /// What is known.
    pub state: KeyState,
    /// Legacy's value where it was first seen, shortened.
    pub legacy: Option<String>,
    /// Rust's value where it was first seen, shortened.
    pub rust: Option<String>,
    /// When it was first seen, unix seconds.
    pub since: u64,
    /// When it was last seen, unix seconds.
    pub last: u64,
    /// What requests that were asked of the legacy twice say.
    #[serde(flatten)]
    pub tally: Tally,
    /// The evidence against rust from those; 1 is none, 20 is a lot for one key.
    pub e_value: f64,
}
