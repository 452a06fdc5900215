//! Why a text is no JSON, in V8's words.
//!
//! The surprise: the words name places in UTF-16 units, and may quote half a surrogate pair.

use crate::js::Text;

/// Units that V8 quotes to either side of an unexpected token, when the text is too long to be quoted whole.
const WINDOW: usize = 10;

/// Texts that V8 quotes alone, whatever is wrong in them: they come of printing a value that is no JSON.
const PRINTED: [&str; 4] = ["undefined", "NaN", "Infinity", "[object Object]"];

/// What is wrong where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(super) wrong: Wrong,
    /// In bytes, at the start of a letter or at the end.
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The text ends where a value goes on.
    End,
    /// A letter that nothing can begin with.
    Token,
    /// What is said of a place.
    Place(&'static str),
}

impl Fault {
    /// `String(error)` of the error that `JSON.parse(source)` throws.
    pub(crate) fn words(self, source: &str) -> Text {
        let mut words = Text::from("SyntaxError: ");
        match self.wrong {
            Wrong::End => words.push_str("Unexpected end of JSON input"),
            Wrong::Token => self.token(source, &mut words),
            Wrong::Place(what) => words.push_str(&self.placed(what, source)),
        }
        words
    }

    fn placed(self, what: &str, source: &str) -> String {
        let before = &source[..self.at];
        let position = before.encode_utf16().count();
        let (line, column) = line_and_column(before);
        format!("{what} at position {position} (line {line} column {column})")
    }

    fn token(self, source: &str, words: &mut Text) {
        if !PRINTED.contains(&source) {
            let unit = source[self.at..].encode_utf16().next();
            words.push_str("Unexpected token '");
            words.push(unit.as_slice());
            words.push_str("', ");
        }
        self.quote(source, words);
        words.push_str(" is not valid JSON");
    }

    /// The text in quotes, or the part of it around the fault, with dots where something is left out. The dots at the
    /// start are there as soon as something could be.
    fn quote(self, source: &str, words: &mut Text) {
        let units: Vec<u16> = source.encode_utf16().collect();
        let at = source[..self.at].encode_utf16().count();
        let whole = units.len() <= 2 * WINDOW;
        let starts = whole || at < WINDOW;
        let ends = whole || at + WINDOW >= units.len();
        let start = if starts { 0 } else { at - WINDOW };
        let end = if ends { units.len() } else { at + WINDOW };
        words.push_str(if starts { "\"" } else { "...\"" });
        words.push(&units[start..end]);
        words.push_str(if ends { "\"" } else { "\"..." });
    }
}

/// Both from 1. A line ends with `\n`, `\r` or `\r\n`.
fn line_and_column(before: &str) -> (usize, usize) {
    let bytes = before.as_bytes();
    let ends = |at: &usize| match bytes[*at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let breaks = (0..bytes.len()).filter(ends);
    let (lines, start) = breaks.fold((1, 0), |(lines, _), at| (lines + 1, at + 1));
    (lines, before[start..].encode_utf16().count() + 1)
}
