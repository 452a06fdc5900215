//! The writing of JSON as `JSON.stringify` does it.
//!
//! The surprise: names that are array indices come first, in the order of their numbers, because JavaScript's objects
//! keep them so.

use super::document::{Document, Members, Node, Place};
use crate::js::{Text, shown};

/// How deep a value may be nested to be written. V8 writes until its stack is full, which is at some 4,000 levels and
/// depends on who called it; nothing that people write comes near this bound.
pub(super) const DEPTH: usize = 1000;

/// A value is nested deeper than [`DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nested too deep to be written")]
pub(crate) struct TooDeep;

/// What is still to be written of an open value.
enum Open<'a> {
    Array(std::slice::Iter<'a, Place>),
    Object(std::vec::IntoIter<(&'a Text, Place)>),
}

pub(super) fn write(document: &Document, root: Place, out: &mut Text) -> Result<(), TooDeep> {
    let mut open = Vec::new();
    begin(&document.nodes[root], &mut open, out);
    while let Some(top) = open.last_mut() {
        let Some(place) = next(top, out) else {
            open.pop();
            continue;
        };
        begin(&document.nodes[place], &mut open, out);
        if open.len() > DEPTH {
            return Err(TooDeep);
        }
    }
    Ok(())
}

/// Writes a value, of an array or object only the mark that opens it.
fn begin<'a>(node: &'a Node, open: &mut Vec<Open<'a>>, out: &mut Text) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Node::Number(number) if number.is_finite() => out.push_str(&shown(*number)),
        Node::Number(_) => out.push_str("null"),
        Node::String(text) => quote(text, out),
        Node::Array(elements) => {
            out.push_str("[");
            open.push(Open::Array(elements.iter()));
        }
        Node::Object(members) => {
            out.push_str("{");
            open.push(Open::Object(in_order(members).into_iter()));
        }
    }
}

/// The next value of an open one, after its comma and name; or `None`, after the mark that closes it.
fn next(open: &mut Open<'_>, out: &mut Text) -> Option<Place> {
    match open {
        Open::Array(elements) => {
            let Some(place) = elements.next() else {
                out.push_str("]");
                return None;
            };
            comma(out);
            Some(*place)
        }
        Open::Object(members) => {
            let Some((name, place)) = members.next() else {
                out.push_str("}");
                return None;
            };
            comma(out);
            quote(name, out);
            out.push_str(":");
            Some(place)
        }
    }
}

/// A comma unless the value was opened just now. What was written before is then `[` or `{` itself: a string that ends
/// with one has its quotation mark behind it.
fn comma(out: &mut Text) {
    let opened = matches!(
        out.units()
            .last()
            .copied()
            .map(u32::from)
            .and_then(char::from_u32),
        Some('[' | '{')
    );
    if !opened {
        out.push_str(",");
    }
}

fn in_order(members: &Members) -> Vec<(&Text, Place)> {
    let mut ordered: Vec<_> = members.iter().map(|(name, place)| (name, *place)).collect();
    ordered.sort_by_key(|(name, _)| index(name).unwrap_or(u32::MAX));
    ordered
}

/// The number that a name is, if it is an array index: decimal without a leading zero, below 2³² − 1.
fn index(name: &Text) -> Option<u32> {
    let units = name.units();
    let digits = units.iter().all(|unit| (0x30..=0x39).contains(unit));
    let leading_zero = units.len() > 1 && units[0] == 0x30;
    if !digits || leading_zero || units.len() > 10 {
        return None;
    }
    let number = name.lossy().parse().ok()?;
    (number < u32::MAX).then_some(number)
}

/// Writes a text in quotation marks. Half a surrogate pair is escaped, as are control characters.
pub(crate) fn quote(text: &Text, out: &mut Text) {
    out.push_str("\"");
    for letter in char::decode_utf16(text.units().iter().copied()) {
        match letter {
            Ok('"') => out.push_str("\\\""),
            Ok('\\') => out.push_str("\\\\"),
            Ok('\u{8}') => out.push_str("\\b"),
            Ok('\u{c}') => out.push_str("\\f"),
            Ok('\n') => out.push_str("\\n"),
            Ok('\r') => out.push_str("\\r"),
            Ok('\t') => out.push_str("\\t"),
            Ok(control @ ..'\u{20}') => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            Ok(letter) => out.push(letter.encode_utf16(&mut [0; 2])),
            Err(half) => out.push_str(&format!("\\u{:04x}", half.unpaired_surrogate())),
        }
    }
    out.push_str("\"");
}
