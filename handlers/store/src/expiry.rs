//! When a file's time is over.
//!
//! Pure: it is told ages and gives fates. The surprise is the second lifetime: the legacy never expires what lies in the
//! subfolders, and an agent may still be reading from them when a link's two minutes are long over. And a file that
//! neither side named is not touched: whoever writes the wrong folder into routes.toml must not lose what lies there.

use std::time::Duration;

use crate::name::is_given;

/// How long files are kept, by the time since they were last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Files that are asked for by a link.
    pub link: Duration,
    /// Files in the subfolders, such as an agent's attachments.
    pub shelf: Duration,
}

impl Lifetimes {
    /// Two minutes, as in the legacy.
    pub const LINK: Duration = Duration::from_secs(2 * 60);
    /// A day: longer than any agent's turn, and an end to a folder that only grew.
    pub const SHELF: Duration = Duration::from_secs(24 * 60 * 60);
    /// A save takes seconds; what is older was left by a crash.
    const PART: Duration = Duration::from_secs(60);

    /// Whether a file is to go.
    pub(crate) fn fate(&self, seen: Seen) -> Fate {
        let lifetime = match seen.part {
            Part::Unfinished => Self::PART,
            Part::Whole => self.of(seen.level),
            Part::Foreign => return Fate::Keep,
        };
        if seen.age > lifetime {
            Fate::Remove
        } else {
            Fate::Keep
        }
    }

    fn of(&self, level: Level) -> Duration {
        match level {
            Level::Top => self.link,
            Level::Below => self.shelf,
        }
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            link: Self::LINK,
            shelf: Self::SHELF,
        }
    }
}

/// What a sweep sees of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) level: Level,
    pub(crate) part: Part,
    pub(crate) age: Duration,
}

/// Where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Top,
    Below,
}

/// Whether it was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Unfinished,
    /// Its name is not one that media get.
    Foreign,
}

impl Part {
    /// What a name says of a file that was finished.
    pub(crate) fn of_name(name: &str) -> Self {
        match is_given(name) {
            true => Self::Whole,
            false => Self::Foreign,
        }
    }
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Remove,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(level: Level, part: Part, seconds: u64, expect: Fate) {
        let age = Duration::from_secs(seconds);
        let seen = Seen { level, part, age };
        assert_eq!(Lifetimes::default().fate(seen), expect, "{seen:?}");
    }

    #[test]
    fn links_live_two_minutes_and_shelves_a_day() {
        check(Level::Top, Part::Whole, 120, Fate::Keep);
        check(Level::Top, Part::Whole, 121, Fate::Remove);
        check(Level::Below, Part::Whole, 86_400, Fate::Keep);
        check(Level::Below, Part::Whole, 86_401, Fate::Remove);
    }

    #[test]
    fn what_neither_side_named_is_kept_for_ever() {
        let part = Part::of_name("thesis.pdf");
        check(Level::Top, part, 1_000_000, Fate::Keep);
        for name in [
            "0b9f4a6e-6f0e-4f0c-9a3e-0a4c2f0e7d11",
            "0b9f4a6e-6f0e-4f0c-9a3e-0a4c2f0e7d11.png",
            "thesis---0b9f4a6e-6f0e-4f0c-9a3e-0a4c2f0e7d11.pdf",
        ] {
            assert_eq!(Part::of_name(name), Part::Whole, "{name}");
        }
        assert_eq!(
            Part::of_name("x0b9f4a6e-6f0e-4f0c-9a3e-0a4c2f0e7d11.png"),
            Part::Foreign
        );
    }

    #[test]
    fn what_a_crash_left_goes_wherever_it_lies() {
        check(Level::Below, Part::Unfinished, 61, Fate::Remove);
        check(Level::Top, Part::Unfinished, 59, Fate::Keep);
    }
}
