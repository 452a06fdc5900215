//! Who moves dials: the words of the file's notes, of the history and of the API.

use std::fmt;
use std::str::FromStr;

/// Who moved a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// Somebody who edited the file, or overgrow does not know who.
    File,
    /// `overgrow set` or `overgrow rollback`.
    Cli,
    /// The dashboard.
    Page,
    /// A program, over the admin API.
    Api,
    /// The pilot.
    Pilot,
}

/// A word that stands for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody who moves dials is called that")]
pub struct Nobody;

impl By {
    /// Everybody.
    pub const ALL: [Self; 5] = [Self::File, Self::Cli, Self::Page, Self::Api, Self::Pilot];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Cli => "cli",
            Self::Page => "page",
            Self::Api => "api",
            Self::Pilot => "pilot",
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for By {
    type Err = Nobody;

    fn from_str(word: &str) -> Result<Self, Nobody> {
        let mut all = Self::ALL.into_iter();
        all.find(|by| by.name() == word).ok_or(Nobody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for by in By::ALL {
            assert_eq!(by.name().parse(), Ok(by));
        }
        assert_eq!("nobody".parse::<By>(), Err(Nobody));
    }
}
