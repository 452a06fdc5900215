//! Secrets in XML and HTML: elements and attributes with secret names, and fields of forms.
//!
//! The surprise: a form's field is named by one attribute and valued by another, so a tag is read twice.

use super::{MASK, json, name};

/// Attributes that name what another attribute of the tag is the value of, and those others.
const NAMING: [&str; 3] = ["name", "id", "property"];
const VALUED: [&str; 2] = ["value", "content"];

/// Markup as it may be shown. It may be cut anywhere.
pub(super) fn markup(body: &str) -> String {
    let mut shown = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        let (text, tagged) = rest.split_at(at);
        shown.push_str(&json::members(text));
        let (tag, after) = tagged.split_at(tag_end(tagged));
        mask_attributes(tag, &mut shown);
        let hidden = hidden_length(tag, after);
        if hidden > 0 {
            shown.push_str(MASK);
        }
        rest = &after[hidden..];
    }
    shown.push_str(&json::members(rest));
    shown
}

/// How much of what follows a tag is a secret: all of an element with such a name, up to its end.
fn hidden_length(tag: &str, after: &str) -> usize {
    let name = tag[1..].split([' ', '\t', '\r', '\n', '/', '>']).next();
    let name = name.unwrap_or_default();
    // What stands before the colon is only a prefix.
    let bare = name.rsplit(':').next().unwrap_or(name);
    if !name::is_secret(bare) || tag.ends_with("/>") {
        return 0;
    }
    after.find(&format!("</{name}")).unwrap_or(after.len())
}

fn mask_attributes(tag: &str, shown: &mut String) {
    let names_a_secret = attributes(tag)
        .any(|attribute| attribute.is_one_of(&NAMING) && name::is_secret(attribute.bare()));
    let mut copied = 0;
    for attribute in attributes(tag) {
        let hidden =
            name::is_secret(attribute.name) || (names_a_secret && attribute.is_one_of(&VALUED));
        if hidden && !attribute.bare().is_empty() {
            shown.push_str(&tag[copied..attribute.start]);
            shown.push('"');
            shown.push_str(MASK);
            shown.push('"');
            copied = attribute.start + attribute.value.len();
        }
    }
    shown.push_str(&json::members(&tag[copied..]));
}

/// An attribute of a tag.
struct Attribute<'a> {
    name: &'a str,
    /// With its quotes.
    value: &'a str,
    /// Where the value begins in the tag.
    start: usize,
}

impl Attribute<'_> {
    fn bare(&self) -> &str {
        self.value.trim_matches(['"', '\''])
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names
            .iter()
            .any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

fn attributes(tag: &str) -> impl Iterator<Item = Attribute<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let equals = from + tag[from..].find('=')?;
        let name = tag[from..equals].trim_end();
        let name = name.rsplit(|letter: char| letter.is_whitespace() || letter == '<');
        let written = &tag[equals + 1..];
        let start = equals + 1 + (written.len() - written.trim_start().len());
        let value = &tag[start..start + value_end(&tag[start..])];
        from = start + value.len();
        Some(Attribute {
            name: name.into_iter().next().unwrap_or_default(),
            value,
            start,
        })
    })
}

/// Where the value at the beginning of a text ends.
fn value_end(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or(text.len(), |at| at + 2),
        _ => text
            .find(|letter: char| letter.is_whitespace() || letter == '>')
            .unwrap_or(text.len()),
    }
}

/// Where the tag at the beginning of a text ends: after the first `>` that is not quoted.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return at + 1,
            // Only a value is quoted; elsewhere it is an apostrophe.
            (None, '"' | '\'') if text[..at].trim_end().ends_with('=') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    text.len()
}
