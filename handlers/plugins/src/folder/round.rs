//! What is to be done about one plugin's file in one round of looking.
//!
//! Plain decisions: no file is touched. The surprise: a version that broke is tried again by itself only when its fault
//! may have passed; otherwise somebody has to change something first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::files::Stamp;
use crate::grant::Grant;

/// When a fault that may pass is looked at again.
const PASSING: Duration = Duration::from_secs(30);

/// What a version is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) stamp: Stamp,
    pub(super) grant: Grant,
    /// The configuration, JSON.
    pub(super) document: Arc<str>,
}

/// What was tried last.
#[derive(Debug)]
pub(super) struct Tried {
    made: Made,
    again: Option<Instant>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Leave,
    /// Look again soon: somebody may still be writing.
    Wait,
    /// Load it.
    Load,
}

/// Whether nobody writes the file any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// Nobody does: it is old, or looks as it did a moment ago.
    Done,
    /// Somebody may.
    Perhaps,
}

impl Tried {
    pub(super) fn well(made: Made) -> Self {
        Self { made, again: None }
    }

    /// It failed; of something that may pass, when `passing`.
    pub(super) fn ill(made: Made, passing: bool, now: Instant) -> Self {
        let again = passing.then(|| now + PASSING);
        Self { made, again }
    }

    fn is_over(&self, now: Instant) -> bool {
        self.again.is_some_and(|again| now >= again)
    }
}

/// Decides about one plugin.
pub(super) fn step(wanted: &Made, tried: Option<&Tried>, writing: Writing, now: Instant) -> Step {
    let same = tried.is_some_and(|tried| tried.made == *wanted && !tried.is_over(now));
    match (same, writing) {
        (true, _) => Step::Leave,
        (false, Writing::Perhaps) => Step::Wait,
        (false, Writing::Done) => Step::Load,
    }
}

/// Whether a version made under `before` may stay when the one under `after` is broken. What plugins may do is the
/// operator's word and holds at once; their own settings are theirs to turn down.
pub(super) fn may_stay(before: &Grant, after: &Grant) -> bool {
    let before = Grant {
        settings: after.settings.clone(),
        ..before.clone()
    };
    before == *after
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::folder::files;

    fn made(document: &str) -> Made {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.wasm"), "x").expect("written");
        let found = files::look(folder.path()).expect("a look");
        Made {
            stamp: found.plugins["a"].stamp,
            grant: Grant::default(),
            document: document.into(),
        }
    }

    #[test]
    fn what_was_tried_is_left_alone_until_something_changes() {
        let now = Instant::now();
        let one = made("{}");
        let tried = Tried::well(one.clone());
        assert_eq!(step(&one, Some(&tried), Writing::Done, now), Step::Leave);
        let configured = Made {
            document: "{\"a\":1}".into(),
            ..one.clone()
        };
        assert_eq!(
            step(&configured, Some(&tried), Writing::Done, now),
            Step::Load
        );
        assert_eq!(
            step(&configured, Some(&tried), Writing::Perhaps, now),
            Step::Wait
        );
        assert_eq!(step(&one, None, Writing::Done, now), Step::Load);
    }

    #[test]
    fn only_a_passing_fault_is_tried_again() {
        let now = Instant::now();
        let one = made("{}");
        let lasting = Tried::ill(one.clone(), false, now);
        let passing = Tried::ill(one.clone(), true, now);
        let later = now + PASSING;
        assert_eq!(
            step(&one, Some(&lasting), Writing::Done, later),
            Step::Leave
        );
        assert_eq!(step(&one, Some(&passing), Writing::Done, now), Step::Leave);
        assert_eq!(step(&one, Some(&passing), Writing::Done, later), Step::Load);
    }

    #[test]
    fn settings_may_be_turned_down_and_rights_may_not() {
        let before = Grant::default();
        let mut after = Grant::default();
        after.settings.insert("a".to_owned(), json!(1));
        assert!(may_stay(&before, &after));
        after.inbound.push("zalo".to_owned());
        assert!(!may_stay(&before, &after));
        after.settings.insert("b".to_owned(), Value::Null);
        assert!(may_stay(&after, &after));
    }
}
