//! What kind of request it was, as far as it matters for "have we seen one of these?".
//!
//! A shape is bounded text without any value a client sent: it is kept, reported and shown. It must not know routes.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// Shapes that are told apart in one route; what comes later is one crowd.
const SHAPES: usize = 64;

/// Names in the query that are told apart, so that a client cannot make a shape of any size.
const NAMES: usize = 16;

/// Characters kept of a name, or of a content type.
const CHARACTERS: usize = 48;

/// Method, names in the query, and content type, as short text: `POST ?dry application/json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shape(String);

/// The body of a request, as far as its shape goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload<'a> {
    /// There is none.
    None,
    /// There is one that does not say what it is.
    Untyped,
    /// There is one, with this `Content-Type`; its parameters do not matter.
    Typed(&'a str),
}

impl Shape {
    /// The shape of a request; `names` are the names in its query, in any order and as often as they come.
    pub fn new<'a>(
        method: &str,
        names: impl Iterator<Item = &'a str>,
        payload: Payload<'_>,
    ) -> Self {
        let mut text = shortened(method).to_owned();
        for (at, name) in sorted(names).into_iter().enumerate() {
            // Writing to a string does not fail.
            let _ = write!(text, "{}{name}", if at == 0 { " ?" } else { "&" });
        }
        match payload {
            Payload::None => {}
            Payload::Untyped => text.push_str(" untyped"),
            Payload::Typed(kind) => {
                text.push(' ');
                text.push_str(&essence(kind));
            }
        }
        Self(text)
    }

    /// The shape as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.map(shortened).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMES);
    names
}

fn essence(content_type: &str) -> String {
    let bare = content_type.split(';').next().unwrap_or_default().trim();
    shortened(bare).to_ascii_lowercase()
}

fn shortened(text: &str) -> &str {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Which shapes came, and how often one of them was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shapes {
    known: BTreeMap<Shape, Sightings>,
    others: Sightings,
}

/// How often a shape came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sightings {
    /// In traffic.
    pub seen: u64,
    /// In a comparison.
    pub compared: u64,
}

impl Shapes {
    /// A request of this shape came.
    pub fn saw(&mut self, shape: &Shape) {
        self.of(shape).seen += 1;
    }

    /// A request of this shape was compared.
    pub fn compared(&mut self, shape: &Shape) {
        self.of(shape).compared += 1;
    }

    /// The shapes that came and were never compared, with how often they came, the most frequent first.
    pub fn never_compared(&self) -> Vec<(&Shape, u64)> {
        let mut blank: Vec<_> = self
            .known
            .iter()
            .filter(|(_, sightings)| sightings.compared == 0)
            .map(|(shape, sightings)| (shape, sightings.seen))
            .collect();
        blank.sort_by_key(|(_, seen)| std::cmp::Reverse(*seen));
        blank
    }

    /// Every shape that is told apart.
    pub fn known(&self) -> impl Iterator<Item = (&Shape, Sightings)> {
        self.known
            .iter()
            .map(|(shape, sightings)| (shape, *sightings))
    }

    /// What came after as many shapes as are told apart.
    pub fn others(&self) -> Sightings {
        self.others
    }

    fn of(&mut self, shape: &Shape) -> &mut Sightings {
        if self.known.len() >= SHAPES && !self.known.contains_key(shape) {
            return &mut self.others;
        }
        self.known.entry(shape.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, names: &[&str], payload: Payload<'_>, expect: &str) {
        let shape = Shape::new(method, names.iter().copied(), payload);
        assert_eq!(shape.as_str(), expect);
    }

    #[test]
    fn a_shape_holds_names_and_no_values() {
        check("GET", &[], Payload::None, "GET");
        check("GET", &["b", "a", "b"], Payload::None, "GET ?a&b");
        let json = Payload::Typed("Application/JSON; charset=utf-8");
        check("POST", &["dry"], json, "POST ?dry application/json");
        check("PUT", &[], Payload::Untyped, "PUT untyped");
    }

    #[test]
    fn a_shape_is_bounded() {
        let names: Vec<String> = (0..100).map(|at| format!("{at:0100}")).collect();
        let shape = Shape::new("GET", names.iter().map(String::as_str), Payload::None);
        assert!(shape.as_str().len() <= 1000, "{shape}");
    }

    #[test]
    fn shapes_beyond_the_cap_are_one_crowd() {
        let mut shapes = Shapes::default();
        for at in 0..100 {
            let name = at.to_string();
            shapes.saw(&Shape::new(
                "GET",
                [name.as_str()].into_iter(),
                Payload::None,
            ));
        }
        assert_eq!(shapes.known().count(), SHAPES);
        assert_eq!(shapes.others().seen, 100 - SHAPES as u64);
    }

    #[test]
    fn what_was_never_compared_is_reported_by_frequency() {
        let [get, put, post] =
            ["GET", "PUT", "POST"].map(|method| Shape::new(method, [].into_iter(), Payload::None));
        let mut shapes = Shapes::default();
        for shape in [&get, &put, &post, &put] {
            shapes.saw(shape);
        }
        shapes.compared(&get);
        assert_eq!(shapes.never_compared(), [(&put, 2), (&post, 1)]);
    }
}
