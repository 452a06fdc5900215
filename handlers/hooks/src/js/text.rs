//! A text of UTF-16 units, as JavaScript has it.
//!
//! The surprise: two halves of a surrogate pair that come together by joining texts become a letter, which is why
//! this is not a list of `char`s.

use std::fmt;

/// A text that may hold half a surrogate pair.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Text(Vec<u16>);

impl Text {
    /// The text in UTF-8; a lone half becomes U+FFFD, as when JavaScript writes it to a wire.
    pub(crate) fn lossy(&self) -> String {
        String::from_utf16_lossy(&self.0)
    }

    /// Without white space at both ends.
    pub(crate) fn trimmed(&self) -> Self {
        Self(trim(&self.0).to_vec())
    }

    /// Without white space at both ends; `None` when nothing is left.
    pub(crate) fn filled(&self) -> Option<Self> {
        let text = self.trimmed();
        (!text.0.is_empty()).then_some(text)
    }

    pub(crate) fn units(&self) -> &[u16] {
        &self.0
    }

    pub(crate) fn push(&mut self, units: &[u16]) {
        self.0.extend_from_slice(units);
    }

    pub(crate) fn push_unit(&mut self, unit: u16) {
        self.0.push(unit);
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.0.extend(text.encode_utf16());
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.encode_utf16().collect())
    }
}

impl From<&[u16]> for Text {
    fn from(units: &[u16]) -> Self {
        Self(units.to_vec())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0.iter().copied().eq(other.encode_utf16())
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.lossy(), f)
    }
}

/// The units without white space at both ends.
fn trim(units: &[u16]) -> &[u16] {
    let start = units.iter().position(|unit| !is_space(*unit));
    let end = units.iter().rposition(|unit| !is_space(*unit));
    match (start, end) {
        (Some(start), Some(end)) => &units[start..=end],
        _ => &[],
    }
}

/// Whether JavaScript trims it: white space and line ends of its grammar, among them the byte order mark, which
/// Rust's own `trim` keeps, and without U+0085, which Rust's cuts.
fn is_space(unit: u16) -> bool {
    matches!(unit, 0x09..=0x0d | 0x20 | 0xa0 | 0x1680 | 0x2000..=0x200a)
        || matches!(unit, 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000 | 0xfeff)
}

/// [`trim`], for a text that is still in UTF-8.
pub(crate) fn trim_str(text: &str) -> &str {
    text.trim_matches(|letter: char| u16::try_from(u32::from(letter)).is_ok_and(is_space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javascript_and_rust_trim_differently() {
        assert_eq!(
            Text::from("\u{feff}\u{3000} a b\n\u{2029}").trimmed(),
            "a b"
        );
        assert_eq!(Text::from("\u{85}a").trimmed(), "\u{85}a");
        assert_eq!(trim_str("\u{feff}\u{a0}a\u{85} "), "a\u{85}");
        assert_eq!(Text::from(" \t ").filled(), None);
    }

    #[test]
    fn halves_that_meet_become_a_letter() {
        let mut text = Text::from(&[0xd83d][..]);
        assert_eq!(text.lossy(), "\u{fffd}");
        text.push_unit(0xde00);
        assert_eq!(text, "😀");
    }
}
