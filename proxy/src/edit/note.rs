//! The note at the end of a dial's line that says who moved it last: `# pilot 2026-11-20T18:00:00Z 5 -> 25: why`.
//!
//! Plain text to a value and back; where the line stands is for others. The surprise: a note may be a lie without
//! anybody lying. Whoever edits the value by hand leaves the note as it was, so a note counts only while the value it
//! names last is the one on its line.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::route::{By, Dial};

/// Characters of a reason. The line should still be read at a glance.
const REASON: usize = 200;

/// Who moved a dial last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who; never [`By::File`], for an editor leaves no note.
    pub by: By,
    /// Unix seconds.
    pub at: u64,
    /// What was done.
    pub what: What,
}

/// What was done to a dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was moved.
    Moved {
        /// Where it stood.
        from: Dial,
        /// Where it stands.
        to: Dial,
        /// On what grounds; may be empty.
        why: String,
    },
    /// It was handed back to the pilot, and stays here.
    Resumed(Dial),
}

/// Who moves a dial now, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Who.
    pub by: By,
    /// Unix seconds.
    pub at: u64,
    /// On what grounds; may be empty.
    pub why: String,
}

impl Mark {
    /// Somebody who gives no reason.
    pub fn of(by: By, at: u64) -> Self {
        let why = String::new();
        Self { by, at, why }
    }

    pub(super) fn moved(&self, from: Dial, to: Dial) -> Note {
        Note {
            by: self.by,
            at: self.at,
            what: What::Moved {
                from,
                to,
                why: in_one_line(&self.why),
            },
        }
    }
}

impl Note {
    /// The dial that the note leaves behind.
    pub fn leaves(&self) -> Dial {
        match self.what {
            What::Moved { to, .. } | What::Resumed(to) => to,
        }
    }

    /// The grounds, if any were given.
    pub fn why(&self) -> Option<&str> {
        match &self.what {
            What::Moved { why, .. } => Some(why.as_str()).filter(|why| !why.is_empty()),
            What::Resumed(_) => Some("resumed"),
        }
    }

    /// A line without its note.
    pub fn cut(line: &str) -> &str {
        Self::find(line).map_or(line, |(at, _)| line[..at].trim_end())
    }

    /// The note in a comment, and where it begins. What stands before it is a person's.
    pub(super) fn find(comment: &str) -> Option<(usize, Self)> {
        let hashes = comment.match_indices('#').map(|(at, _)| at);
        hashes
            .filter_map(|at| Some((at, Self::read(&comment[at + 1..])?)))
            .next()
    }

    fn read(text: &str) -> Option<Self> {
        let (by, rest) = text.trim().split_once(' ')?;
        let (at, rest) = rest.split_once(' ')?;
        let by: By = by.parse().ok().filter(|by| *by != By::File)?;
        let at = humantime::parse_rfc3339(at).ok()?;
        let at = at.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let what = resumed(rest).or_else(|| moved(rest))?;
        Some(Self { by, at, what })
    }
}

fn resumed(text: &str) -> Option<What> {
    dial(text.strip_prefix("resumed at ")?).map(What::Resumed)
}

fn moved(text: &str) -> Option<What> {
    let (from, rest) = text.split_once(" -> ")?;
    let (to, why) = rest.split_once(':').unwrap_or((rest, ""));
    Some(What::Moved {
        from: dial(from)?,
        to: dial(to)?,
        why: why.trim().to_owned(),
    })
}

fn dial(text: &str) -> Option<Dial> {
    Dial::from_percent(text.trim().parse().ok()?)
}

/// A comment ends with its line, and TOML allows no control characters in it.
fn in_one_line(why: &str) -> String {
    let plain: String = why
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(REASON)
        .collect();
    plain.trim().to_owned()
}

/// With its `#`.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = humantime::format_rfc3339_seconds(time(self.at));
        write!(f, "# {} {at} ", self.by)?;
        match &self.what {
            What::Resumed(dial) => write!(f, "resumed at {dial}"),
            What::Moved { from, to, why } if why.is_empty() => write!(f, "{from} -> {to}"),
            What::Moved { from, to, why } => write!(f, "{from} -> {to}: {why}"),
        }
    }
}

/// No time that can be written is later than the year 9999.
fn time(at: u64) -> SystemTime {
    const LAST: u64 = 253_402_300_799;
    UNIX_EPOCH + Duration::from_secs(at.min(LAST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn percent(percent: f64) -> Dial {
        Dial::from_percent(percent).unwrap()
    }

    fn check(comment: &str, expect: Option<(usize, &str)>) {
        let found = Note::find(comment);
        let shown = found.as_ref().map(|(at, note)| (*at, note.to_string()));
        let shown = shown.as_ref().map(|(at, note)| (*at, note.as_str()));
        assert_eq!(shown, expect, "{comment}");
    }

    #[test]
    fn a_note_is_told_from_what_a_person_wrote() {
        const NOTE: &str = "# pilot 2026-11-20T18:00:00Z 5 -> 25: 0 of 3,120 differ";
        check(NOTE, Some((0, NOTE)));
        check(&format!("# canary {NOTE}"), Some((9, NOTE)));
        let bare = "# cli 2026-11-20T18:00:00Z 0.25 -> 0";
        check(bare, Some((0, bare)));
        let resumed = "# pilot 2026-11-20T18:00:00Z resumed at 10";
        check(resumed, Some((0, resumed)));
    }

    #[test]
    fn what_only_looks_like_a_note_is_a_persons() {
        check("# canary", None);
        check("", None);
        check("# pilot 5 -> 25", None);
        check("# pilot yesterday 5 -> 25: fine", None);
        check("# somebody 2026-11-20T18:00:00Z 5 -> 25", None);
        check("# file 2026-11-20T18:00:00Z 5 -> 25", None);
        check("# cli 2026-11-20T18:00:00Z 5 -> 101", None);
        check("# cli 2026-11-20T18:00:00Z resumed", None);
    }

    #[test]
    fn a_line_is_shown_without_it() {
        let line = "rust = 25  # ours # cli 2026-11-20T18:00:00Z 5 -> 25";
        assert_eq!(Note::cut(line), "rust = 25  # ours");
        assert_eq!(Note::cut("rust = 25  # ours"), "rust = 25  # ours");
    }

    #[test]
    fn a_reason_stays_on_its_line() {
        let mark = Mark {
            why: "two\r\nlines\tand\u{7f}more ".into(),
            ..Mark::of(By::Pilot, 0)
        };
        let note = mark.moved(percent(0.0), percent(5.0)).to_string();
        assert_eq!(
            note,
            "# pilot 1970-01-01T00:00:00Z 0 -> 5: two  lines and more"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            by in 1usize..By::ALL.len(),
            at in 0u64..4_000_000_000,
            from in 0u32..=10_000,
            to in 0u32..=10_000,
            why in ".{0,40}",
            before in "(# [a-z ]{0,12})?",
        ) {
            let hundredths = |number: u32| percent(f64::from(number) / 100.0);
            let mark = Mark { by: By::ALL[by], at, why };
            let note = mark.moved(hundredths(from), hundredths(to));
            let found = Note::find(&format!("{before}{note}"));
            prop_assert_eq!(found, Some((before.len(), note)));
        }
    }
}
