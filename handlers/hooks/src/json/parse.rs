//! The reading of a JSON text.
//!
//! The surprise: what is open is kept in a list, not on the stack, since JSON nests as deep as its sender likes.

use super::document::{Document, Members, Node, Place};
use super::fault::Fault;
use super::scan::Scanner;
use crate::js::Text;

/// An array or object whose end has not come.
enum Open {
    Array(Vec<Place>),
    Object(Box<Members>, Text),
}

/// What comes after a part of the text.
enum Next {
    /// A value must begin.
    Begin,
    /// This value is complete.
    End(Place),
    /// This value is the document.
    Root(Place),
}

struct Parser<'a> {
    text: Scanner<'a>,
    nodes: Vec<Node>,
    open: Vec<Open>,
}

pub(super) fn parse(source: &str) -> Result<Document, Fault> {
    let parser = Parser {
        text: Scanner::new(source),
        nodes: Vec::new(),
        open: Vec::new(),
    };
    parser.document()
}

impl Parser<'_> {
    fn document(mut self) -> Result<Document, Fault> {
        let mut next = Next::Begin;
        loop {
            next = match next {
                Next::Begin => self.begin()?,
                Next::End(value) => self.end(value)?,
                Next::Root(root) => {
                    let nodes = self.nodes;
                    return Ok(Document { nodes, root });
                }
            }
        }
    }

    fn begin(&mut self) -> Result<Next, Fault> {
        let node = match self.text.peek_token() {
            Some(b'"') => Node::String(self.text.string()?),
            Some(b'-' | b'0'..=b'9') => Node::Number(self.text.number()?),
            Some(b'{') => return self.begin_object(),
            Some(b'[') => return Ok(self.begin_array()),
            Some(b't') => self.word("true", Node::Bool(true))?,
            Some(b'f') => self.word("false", Node::Bool(false))?,
            Some(b'n') => self.word("null", Node::Null)?,
            _ => return Err(self.text.unexpected()),
        };
        Ok(self.complete(node))
    }

    fn word(&mut self, word: &str, node: Node) -> Result<Node, Fault> {
        self.text.word(word)?;
        Ok(node)
    }

    fn begin_array(&mut self) -> Next {
        self.text.step();
        if self.text.peek_token() == Some(b']') {
            self.text.step();
            return self.complete(Node::Array(Vec::new()));
        }
        self.open.push(Open::Array(Vec::new()));
        Next::Begin
    }

    fn begin_object(&mut self) -> Result<Next, Fault> {
        self.text.step();
        if self.text.peek_token() == Some(b'}') {
            self.text.step();
            return Ok(self.complete(Node::Object(Box::default())));
        }
        self.member(Box::default(), "Expected property name or '}' in JSON")
    }

    /// Reads a member's name and colon, and leaves the object open for its value.
    fn member(&mut self, members: Box<Members>, else_wrong: &'static str) -> Result<Next, Fault> {
        if self.text.peek_token() != Some(b'"') {
            return Err(self.text.wrong(else_wrong));
        }
        let name = self.text.string()?;
        if self.text.peek_token() != Some(b':') {
            return Err(self.text.wrong("Expected ':' after property name in JSON"));
        }
        self.text.step();
        self.open.push(Open::Object(members, name));
        Ok(Next::Begin)
    }

    fn complete(&mut self, node: Node) -> Next {
        self.nodes.push(node);
        Next::End(self.nodes.len() - 1)
    }

    /// A value is complete: it goes into what is open.
    fn end(&mut self, value: Place) -> Result<Next, Fault> {
        let mark = self.text.peek_token();
        match self.open.pop() {
            None if mark.is_none() => Ok(Next::Root(value)),
            None => Err(self
                .text
                .wrong("Unexpected non-whitespace character after JSON")),
            Some(Open::Array(mut elements)) => {
                elements.push(value);
                self.after_element(elements, mark)
            }
            Some(Open::Object(mut members, name)) => {
                members.insert(name, value);
                self.after_member(members, mark)
            }
        }
    }

    fn after_element(&mut self, elements: Vec<Place>, mark: Option<u8>) -> Result<Next, Fault> {
        match mark {
            Some(b',') => {
                self.text.step();
                self.open.push(Open::Array(elements));
                Ok(Next::Begin)
            }
            Some(b']') => {
                self.text.step();
                Ok(self.complete(Node::Array(elements)))
            }
            _ => Err(self
                .text
                .wrong("Expected ',' or ']' after array element in JSON")),
        }
    }

    fn after_member(&mut self, members: Box<Members>, mark: Option<u8>) -> Result<Next, Fault> {
        match mark {
            Some(b',') => {
                self.text.step();
                self.member(members, "Expected double-quoted property name in JSON")
            }
            Some(b'}') => {
                self.text.step();
                Ok(self.complete(Node::Object(members)))
            }
            _ => Err(self
                .text
                .wrong("Expected ',' or '}' after property value in JSON")),
        }
    }
}
