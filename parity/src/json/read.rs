//! Reading JSON (RFC 8259), strictly and without recursion.

use super::{Doc, Node, Value};

/// Values and names of a document. Each takes far more room here than the two bytes that it may be written in, so a body
/// of a few MiB of brackets would take hundreds.
const MOST: usize = 1 << 20;

/// Reads a whole document; `None` for what is not JSON, or has more than a million values.
pub(crate) fn read(bytes: &[u8]) -> Option<Doc<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    // Places are kept in 32 bits; what is compared has a cap far below.
    u32::try_from(text.len()).ok()?;
    let mut reader = Reader {
        text,
        at: 0,
        nodes: Vec::with_capacity((text.len() / 12 + 4).min(MOST)),
        open: Vec::new(),
    };
    reader.document()?;
    Some(Doc {
        nodes: reader.nodes,
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node<'a>>,
    /// Containers that have not ended.
    open: Vec<usize>,
}

/// What may stand where the reader is.
enum Expect {
    Value,
    /// After a value, inside a container or at the end.
    After,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<()> {
        let mut expect = Expect::Value;
        loop {
            self.space();
            expect = match expect {
                Expect::Value => self.value()?,
                Expect::After if self.open.is_empty() => {
                    return (self.at == self.text.len()).then_some(());
                }
                Expect::After => self.after()?,
            };
        }
    }

    fn value(&mut self) -> Option<Expect> {
        (self.nodes.len() < MOST).then_some(())?;
        let value = match self.peek()? {
            b'{' => return self.begin(Value::Object(0), b'}'),
            b'[' => return self.begin(Value::Array(0), b']'),
            b'"' => Value::Text(self.quoted()?),
            b'n' => self.word("null", Value::Null)?,
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            _ => Value::Number(self.number()?),
        };
        self.leaf(value);
        Some(Expect::After)
    }

    fn begin(&mut self, value: Value<'a>, end: u8) -> Option<Expect> {
        self.at += 1;
        self.open.push(self.nodes.len());
        self.nodes.push(Node { value, next: 0 });
        self.space();
        if self.peek()? == end {
            self.at += 1;
            self.end();
            return Some(Expect::After);
        }
        self.count_one();
        if end == b'}' {
            self.name()?;
        }
        Some(Expect::Value)
    }

    fn after(&mut self) -> Option<Expect> {
        let container = self.nodes[*self.open.last()?].value;
        let is_object = matches!(container, Value::Object(_));
        let byte = self.peek()?;
        self.at += 1;
        match (byte, is_object) {
            (b'}', true) | (b']', false) => {
                self.end();
                return Some(Expect::After);
            }
            (b',', true) => {
                self.space();
                self.name()?;
            }
            (b',', false) => {}
            _ => return None,
        }
        self.count_one();
        Some(Expect::Value)
    }

    fn name(&mut self) -> Option<()> {
        let name = self.quoted()?;
        self.leaf(Value::Text(name));
        self.space();
        self.take(b':')
    }

    fn count_one(&mut self) {
        let container = self.open.last().map(|at| &mut self.nodes[*at].value);
        if let Some(Value::Array(count) | Value::Object(count)) = container {
            *count += 1;
        }
    }

    fn end(&mut self) {
        let next = self.nodes.len() as u32;
        if let Some(at) = self.open.pop() {
            self.nodes[at].next = next;
        }
    }

    fn leaf(&mut self, value: Value<'a>) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { value, next });
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        self.rest().starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    /// What stands between quotes. Escapes are checked here and resolved when somebody wants to know.
    fn quoted(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            let skip = self.rest().iter().position(|byte| is_special(*byte))?;
            self.at += skip;
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                // A control character must be escaped.
                _ => return None,
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Some(text)
    }

    fn escape(&mut self) -> Option<()> {
        let rest = self.rest();
        match rest.get(1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' => {
                let digits = rest.get(2..6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 6;
            }
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits()?,
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(&self.text[start..self.at])
    }

    /// At least one.
    fn digits(&mut self) -> Option<()> {
        let count = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += count;
        (count > 0).then_some(())
    }

    fn space(&mut self) {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(blank).count();
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }
}

fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}
