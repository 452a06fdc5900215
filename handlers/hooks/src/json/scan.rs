//! The smallest parts of a JSON text: white space, words, numbers, strings.

use super::fault::{Fault, Wrong};
use crate::js::Text;

/// A place in a text.
pub(super) struct Scanner<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    /// The next byte, `None` at the end.
    pub(super) fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    pub(super) fn peek_token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Steps over a byte that was peeked.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    /// The next byte has no business here; V8 says what begins with it.
    pub(super) fn unexpected(&self) -> Fault {
        match self.peek() {
            None => self.fault(Wrong::End),
            Some(b'"') => self.wrong("Unexpected string in JSON"),
            Some(b'-' | b'0'..=b'9') => self.wrong("Unexpected number in JSON"),
            Some(_) => self.fault(Wrong::Token),
        }
    }

    /// Something is wrong here, and V8 names the place.
    pub(super) fn wrong(&self, what: &'static str) -> Fault {
        self.fault(Wrong::Place(what))
    }

    fn fault(&self, wrong: Wrong) -> Fault {
        Fault { wrong, at: self.at }
    }

    /// Reads a word of which the first letter was peeked.
    pub(super) fn word(&mut self, word: &str) -> Result<(), Fault> {
        for letter in word.bytes() {
            if self.peek() != Some(letter) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Reads a number. One that is too large is infinite, as in JavaScript.
    pub(super) fn number(&mut self) -> Result<f64, Fault> {
        let start = self.at;
        self.integer()?;
        self.fraction()?;
        self.exponent()?;
        Ok(self.source[start..self.at].parse().unwrap_or(f64::NAN))
    }

    fn integer(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
            self.must_be_digit("No number after minus sign in JSON")?;
        }
        if self.peek() != Some(b'0') {
            self.digits();
            return Ok(());
        }
        self.at += 1;
        if self.is_digit() {
            return Err(self.wrong("Unexpected number in JSON"));
        }
        Ok(())
    }

    fn fraction(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.must_be_digit("Unterminated fractional number in JSON")?;
            self.digits();
        }
        Ok(())
    }

    fn exponent(&mut self) -> Result<(), Fault> {
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.must_be_digit("Exponent part is missing a number in JSON")?;
            self.digits();
        }
        Ok(())
    }

    fn must_be_digit(&self, else_wrong: &'static str) -> Result<(), Fault> {
        if self.is_digit() {
            return Ok(());
        }
        Err(self.wrong(else_wrong))
    }

    fn digits(&mut self) {
        while self.is_digit() {
            self.at += 1;
        }
    }

    fn is_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    /// Reads a string of which the quotation mark was peeked.
    pub(super) fn string(&mut self) -> Result<Text, Fault> {
        self.at += 1;
        let mut text = Text::default();
        loop {
            text.push_str(self.plain());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push_unit(self.escape()?),
                Some(_) => {
                    return Err(self.wrong("Bad control character in string literal in JSON"));
                }
                None => return Err(self.wrong("Unterminated string in JSON")),
            }
        }
    }

    /// As much of a string as stands for itself.
    fn plain(&mut self) -> &'a str {
        let rest = &self.source[self.at..];
        let special = |byte: u8| byte == b'"' || byte == b'\\' || byte < b' ';
        let length = rest.bytes().position(special).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn escape(&mut self) -> Result<u16, Fault> {
        self.at += 1;
        let unit = match self.peek() {
            Some(mark @ (b'"' | b'\\' | b'/')) => u16::from(mark),
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => 0x0a,
            Some(b'r') => 0x0d,
            Some(b't') => 0x09,
            Some(b'u') => return self.hex(),
            _ if self.is_latin() => return Err(self.wrong("Bad escaped character in JSON")),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(unit)
    }

    /// Whether the next letter is one of U+0000 to U+00FF, which are all that V8 has a table of escapes for.
    fn is_latin(&self) -> bool {
        let letter = self.source[self.at..].chars().next();
        letter.is_some_and(|letter| letter <= '\u{ff}')
    }

    /// The four digits after `\u`.
    fn hex(&mut self) -> Result<u16, Fault> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit.and_then(|digit| u16::try_from(digit).ok()) else {
                return Err(self.wrong("Bad Unicode escape in JSON"));
            };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }
}
