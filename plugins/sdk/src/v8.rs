//! Why a text is no JSON, in the words of V8, for plugins whose callers were answered by Node before.
//!
//! It reads no values: `serde_json` does. The surprise: it keeps what is open in a list, so that a text nested a hundred
//! thousand deep costs no stack, and it says nothing of texts that V8 takes and `serde_json` does not, such as one nested
//! deeper than 128.

mod fault;
mod scan;

use fault::Fault;
use scan::Scanner;

/// `error.message` of what `JSON.parse(text)` throws; `None` when it throws nothing. Half a surrogate pair, which V8 may
/// quote, becomes U+FFFD.
pub fn json_fault(text: &str) -> Option<String> {
    let mut reader = Reader {
        text: Scanner::new(text),
        open: Vec::new(),
    };
    reader.document().err().map(|fault| fault.words(text))
}

/// What has begun and not ended.
enum Open {
    Array,
    Object,
}

/// What the text goes on with.
enum Next {
    Value,
    AfterValue,
    End,
}

struct Reader<'a> {
    text: Scanner<'a>,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut next = Next::Value;
        loop {
            next = match next {
                Next::Value => self.value()?,
                Next::AfterValue => self.after_value()?,
                Next::End => return Ok(()),
            }
        }
    }

    fn value(&mut self) -> Result<Next, Fault> {
        match self.text.peek_token() {
            Some(b'"') => self.text.string()?,
            Some(b'-' | b'0'..=b'9') => self.text.number()?,
            Some(b'{') => return self.begin_object(),
            Some(b'[') => return Ok(self.begin_array()),
            Some(b't') => self.text.word("true")?,
            Some(b'f') => self.text.word("false")?,
            Some(b'n') => self.text.word("null")?,
            _ => return Err(self.text.unexpected()),
        }
        Ok(Next::AfterValue)
    }

    fn begin_array(&mut self) -> Next {
        self.text.step();
        if self.text.peek_token() == Some(b']') {
            self.text.step();
            return Next::AfterValue;
        }
        self.open.push(Open::Array);
        Next::Value
    }

    fn begin_object(&mut self) -> Result<Next, Fault> {
        self.text.step();
        if self.text.peek_token() == Some(b'}') {
            self.text.step();
            return Ok(Next::AfterValue);
        }
        self.member("Expected property name or '}' in JSON")
    }

    /// A name and its colon.
    fn member(&mut self, else_wrong: &'static str) -> Result<Next, Fault> {
        if self.text.peek_token() != Some(b'"') {
            return Err(self.text.wrong(else_wrong));
        }
        self.text.string()?;
        if self.text.peek_token() != Some(b':') {
            return Err(self.text.wrong("Expected ':' after property name in JSON"));
        }
        self.text.step();
        self.open.push(Open::Object);
        Ok(Next::Value)
    }

    fn after_value(&mut self) -> Result<Next, Fault> {
        let mark = self.text.peek_token();
        let open = self.open.pop();
        match (&open, mark) {
            (None, None) => return Ok(Next::End),
            (Some(_), Some(b','))
            | (Some(Open::Array), Some(b']'))
            | (Some(Open::Object), Some(b'}')) => {
                self.text.step();
            }
            _ => return Err(self.text.wrong(missing(open.as_ref()))),
        }
        match (open, mark) {
            (Some(Open::Array), Some(b',')) => {
                self.open.push(Open::Array);
                Ok(Next::Value)
            }
            (Some(Open::Object), Some(b',')) => {
                self.member("Expected double-quoted property name in JSON")
            }
            _ => Ok(Next::AfterValue),
        }
    }
}

fn missing(open: Option<&Open>) -> &'static str {
    match open {
        None => "Unexpected non-whitespace character after JSON",
        Some(Open::Array) => "Expected ',' or ']' after array element in JSON",
        Some(Open::Object) => "Expected ',' or '}' after property value in JSON",
    }
}

#[cfg(test)]
mod tests;
