//! The smallest parts of a text: white space, words, numbers, strings.

use super::fault::{Fault, Wrong};

/// A place in a text.
pub(super) struct Scanner<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    pub(super) fn peek_token(&mut self) -> Option<u8> {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.peek()
    }

    /// Steps over a byte that was peeked.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    fn skip(&mut self, wanted: fn(u8) -> bool) {
        while self.peek().is_some_and(wanted) {
            self.at += 1;
        }
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

    pub(super) fn word(&mut self, word: &str) -> Result<(), Fault> {
        for letter in word.bytes() {
            if self.peek() != Some(letter) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }

    pub(super) fn number(&mut self) -> Result<(), Fault> {
        if self.steps_over(b"-") && !self.at_digit() {
            return Err(self.wrong("No number after minus sign in JSON"));
        }
        if !self.steps_over(b"0") {
            self.skip(|byte| byte.is_ascii_digit());
        } else if self.at_digit() {
            return Err(self.wrong("Unexpected number in JSON"));
        }
        if self.steps_over(b".") {
            self.digits("Unterminated fractional number in JSON")?;
        }
        if self.steps_over(b"eE") {
            self.steps_over(b"+-");
            self.digits("Exponent part is missing a number in JSON")?;
        }
        Ok(())
    }

    /// Steps over one of these, if it is there.
    fn steps_over(&mut self, these: &[u8]) -> bool {
        let there = self.peek().is_some_and(|byte| these.contains(&byte));
        self.at += usize::from(there);
        there
    }

    fn digits(&mut self, else_wrong: &'static str) -> Result<(), Fault> {
        if !self.at_digit() {
            return Err(self.wrong(else_wrong));
        }
        self.skip(|byte| byte.is_ascii_digit());
        Ok(())
    }

    fn at_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    /// A string of which the quotation mark was peeked.
    pub(super) fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            self.skip(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => {
                    return Err(self.wrong("Bad control character in string literal in JSON"));
                }
                None => return Err(self.wrong("Unterminated string in JSON")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            Some(b'u') => return self.hex(),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            _ if self.is_latin() => return Err(self.wrong("Bad escaped character in JSON")),
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    /// Whether the next letter is one of U+0000 to U+00FF, which are all that V8 has a table of escapes for.
    fn is_latin(&self) -> bool {
        let letter = self.source[self.at..].chars().next();
        letter.is_some_and(|letter| letter <= '\u{ff}')
    }

    /// The four digits after `\u`.
    fn hex(&mut self) -> Result<(), Fault> {
        self.at += 1;
        for _ in 0..4 {
            if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                return Err(self.wrong("Bad Unicode escape in JSON"));
            }
            self.at += 1;
        }
        Ok(())
    }
}
