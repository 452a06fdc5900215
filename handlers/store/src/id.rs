//! What a stored file may be called.
//!
//! It must not know where files lie. The surprise: because no id holds a slash and none is `.` or `..`, an id opened in
//! its folder without following links cannot lead out of it; the rest of the crate leans on that.

use std::fmt;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// The checked name of a file in a [`Store`](crate::Store): 1 to [`MAX`](Self::MAX) letters, digits, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaId(String);

/// A text that is no [`MediaId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a stored file")]
pub struct NotAnId;

impl MediaId {
    /// Longest id in UTF-16 code units, which is how the legacy counts.
    pub const MAX: usize = 200;

    /// Takes a name that a stranger sent, percent-decoded.
    ///
    /// # Errors
    /// When it is empty, too long, `.`, `..`, or holds anything but letters, digits, `.`, `_` and `-`.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let fits = !text.is_empty() && text.encode_utf16().count() <= Self::MAX;
        let names_a_file = text != "." && text != "..";
        if fits && names_a_file && text.chars().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnId)
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character may stand in an id: those of Unicode's letter and number groups and three marks. `is_alphanumeric`
/// of the standard library is wider: it takes combining vowel signs, which the legacy refuses.
pub(crate) fn is_plain(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    }
    matches!(
        letter.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_ids() {
        for name in ["a.txt", "ünï.txt", "写真-1.png", "Ⅷ", "½", ".x", "...", "-"] {
            assert_eq!(MediaId::parse(name).map(|id| id.0), Ok(name.to_owned()));
        }
    }

    #[test]
    fn paths_and_controls_are_not() {
        for name in [
            "", ".", "..", "a/b", "a\\b", "a b", "a\0", "a~part", "%2e", "a\u{301}", "\u{fffd}",
        ] {
            assert_eq!(MediaId::parse(name), Err(NotAnId), "{name:?}");
        }
    }

    #[test]
    fn length_is_counted_as_javascript_counts() {
        // Outside the basic plane, so two code units each.
        let letters = |count| MediaId::parse(&"𐐀".repeat(count)).is_ok();
        assert!(letters(100));
        assert!(!letters(101));
        assert!(MediaId::parse(&"é".repeat(200)).is_ok());
    }
}
