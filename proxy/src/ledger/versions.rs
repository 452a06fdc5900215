//! Which versions of a backend an epoch has been seen under.
//!
//! A version that was not there before ends the epoch. The surprise: it is not enough that versions change: two origins
//! with different ones answer in turns, and a header that differs in every answer is no version.

use serde::{Deserialize, Serialize};

/// Versions of one side at one time. Whoever tells more does not tell versions.
const TOGETHER: usize = 8;

/// Seconds after which a version that nobody tells is gone: longer than any roll-out takes turns.
const GONE: u64 = 3600;

/// Bytes of a version. What is longer is something else.
const LENGTH: usize = 128;

/// The versions of both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Versions(Vec<Version>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    side: String,
    text: String,
    /// Unix seconds.
    last: u64,
}

/// What a version means for the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing.
    None,
    /// It is noted: the first one of its side.
    First,
    /// It is new, and what is known of the one before does not hold for it.
    Changed,
}

impl Versions {
    /// A side told its version.
    pub(super) fn saw(&mut self, side: &str, text: &str, now: u64) -> News {
        if text.len() > LENGTH {
            return News::None;
        }
        self.forget_gone(side);
        if let Some(known) = self.of(side).find(|version| version.text == text) {
            known.last = known.last.max(now);
            return News::None;
        }
        let together = self.of(side).count();
        if together >= TOGETHER {
            return News::None;
        }
        self.0.push(Version {
            side: side.to_owned(),
            text: text.to_owned(),
            last: now,
        });
        match together {
            0 => News::First,
            _ => News::Changed,
        }
    }

    /// Forgets versions that were not told while others were. A side that nobody asks loses none.
    fn forget_gone(&mut self, side: &str) {
        let newest = self.of(side).map(|version| version.last).max();
        let since = newest.unwrap_or(0).saturating_sub(GONE);
        self.0
            .retain(|version| version.side != side || version.last >= since);
    }

    fn of<'a>(&'a mut self, side: &'a str) -> impl Iterator<Item = &'a mut Version> {
        self.0
            .iter_mut()
            .filter(move |version| version.side == side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(told: &[(u64, &str, News)]) {
        let mut versions = Versions::default();
        for (now, text, expect) in told {
            assert_eq!(versions.saw("rust", text, *now), *expect, "{text} at {now}");
        }
    }

    #[test]
    fn a_new_version_is_news_once() {
        check(&[
            (0, "a", News::First),
            (1, "a", News::None),
            (2, "b", News::Changed),
            (3, "a", News::None),
            (4, "b", News::None),
        ]);
    }

    #[test]
    fn a_version_that_comes_back_after_it_was_gone_is_news() {
        check(&[
            (0, "a", News::First),
            (1, "b", News::Changed),
            (4000, "b", News::None),
            (4001, "a", News::Changed),
        ]);
    }

    #[test]
    fn silence_is_no_change() {
        check(&[(0, "a", News::First), (999_999, "a", News::None)]);
    }

    #[test]
    fn what_differs_every_time_is_no_version() {
        let mut versions = Versions::default();
        let news = (0..1000).map(|now| versions.saw("rust", &now.to_string(), now));
        assert_eq!(news.filter(|news| *news == News::Changed).count(), 7);
        assert_eq!(versions.saw("legacy", "a", 0), News::First);
    }
}
