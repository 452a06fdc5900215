//! A document and its values.

use indexmap::IndexMap;

use super::{Fault, TooDeep, parse, write};
use crate::js::Text;

/// The place of a value in its document.
pub(super) type Place = usize;

/// The members of an object: a name that comes again keeps its place and takes the new value.
pub(super) type Members = IndexMap<Text, Place>;

/// A whole JSON text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) root: Place,
}

#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(f64),
    String(Text),
    Array(Vec<Place>),
    Object(Box<Members>),
}

/// A value of a document.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    document: &'a Document,
    place: Place,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind<'a> {
    Null,
    Bool(bool),
    Number(f64),
    String(&'a Text),
    Array,
    Object,
}

impl Document {
    /// Reads a text as `JSON.parse` does, which takes no white space but its own four.
    ///
    /// # Errors
    /// When it is no JSON; the fault can say it in V8's words.
    pub(crate) fn parse(source: &str) -> Result<Self, Fault> {
        parse::parse(source)
    }

    /// An object of texts.
    pub(crate) fn of_texts(members: impl IntoIterator<Item = (Text, Text)>) -> Self {
        let mut nodes = Vec::new();
        let mut places = Members::new();
        for (name, text) in members {
            places.insert(name, nodes.len());
            nodes.push(Node::String(text));
        }
        let root = nodes.len();
        nodes.push(Node::Object(Box::new(places)));
        Self { nodes, root }
    }

    /// The value that the text is.
    pub(crate) fn root(&self) -> Value<'_> {
        Value {
            document: self,
            place: self.root,
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn kind(self) -> Kind<'a> {
        match self.node() {
            Node::Null => Kind::Null,
            Node::Bool(bool) => Kind::Bool(*bool),
            Node::Number(number) => Kind::Number(*number),
            Node::String(text) => Kind::String(text),
            Node::Array(_) => Kind::Array,
            Node::Object(_) => Kind::Object,
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<&'a Text> {
        match self.kind() {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// An object's own member.
    pub(crate) fn member(self, name: &Text) -> Option<Self> {
        match self.node() {
            Node::Object(members) => members.get(name).map(|place| self.at(*place)),
            _ => None,
        }
    }

    /// [`member`](Self::member), by a name in UTF-8.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.member(&Text::from(name))
    }

    /// An array's element.
    pub(crate) fn element(self, index: usize) -> Option<Self> {
        match self.node() {
            Node::Array(elements) => elements.get(index).map(|place| self.at(*place)),
            _ => None,
        }
    }

    /// How many elements an array has; `None` for anything else.
    pub(crate) fn length(self) -> Option<usize> {
        match self.node() {
            Node::Array(elements) => Some(elements.len()),
            _ => None,
        }
    }

    /// Writes it as `JSON.stringify` does.
    ///
    /// # Errors
    /// When it is nested so deep that nobody can say whether the legacy's stack would bear it.
    pub(crate) fn write(self, out: &mut Text) -> Result<(), TooDeep> {
        write::write(self.document, self.place, out)
    }

    fn node(self) -> &'a Node {
        &self.document.nodes[self.place]
    }

    fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }
}
