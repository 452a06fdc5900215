//! Secrets in JSON, found by reading it from left to right.
//!
//! It keeps everything else as it is written. The surprise: it takes any text. What is not JSON has no members with
//! secret names, and a string that does not end on its line ends there, so that one stray quote hides nothing.

use std::borrow::Cow;

use super::{MASK, name, text};

/// How deep JSON in strings in JSON is followed. One level is common, more than two is an attempt at something.
const LEVELS: u8 = 2;

/// A text without the values of members that have secret names, and without the secrets in its strings.
///
/// `true`, `false` and `null` stay: they tell nothing, and that one side has a password and the other has none is
/// what a comparison is for.
pub(super) fn members(body: &str) -> Cow<'_, str> {
    scan(body, LEVELS)
}

fn scan(body: &str, levels: u8) -> Cow<'_, str> {
    let mut shown = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('"') {
        let (between, found) = rest.split_at(at);
        shown.push_str(&text(between));
        let (string, after) = found.split_at(string_end(found));
        rest = match value_after(after) {
            Some(value) if is_secret(&unescaped(string), value) => {
                shown.push_str(string);
                shown.push_str(&after[..after.len() - value.len()]);
                mask(value, &mut shown)
            }
            _ => {
                shown.push_str(&shown_string(string, levels));
                after
            }
        };
    }
    shown.push_str(&text(rest));
    match shown == body {
        true => body.into(),
        false => shown.into(),
    }
}

/// What follows the colon, if a colon follows.
fn value_after(after: &str) -> Option<&str> {
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

/// Whether the member whose value begins a text is a secret.
fn is_secret(name: &str, value: &str) -> bool {
    name::is_secret(name) && !name::is_amount(name, &value[..value_end(value)])
}

/// Masks the value at the beginning of a text and gives back what follows it.
fn mask<'a>(value: &'a str, shown: &mut String) -> &'a str {
    let (hidden, rest) = value.split_at(value_end(value));
    match hidden {
        "true" | "false" | "null" | "" => shown.push_str(hidden),
        _ => {
            shown.push('"');
            shown.push_str(MASK);
            shown.push('"');
        }
    }
    rest
}

/// Where the value at the beginning of a text ends.
fn value_end(value: &str) -> usize {
    match value.as_bytes().first() {
        Some(b'"') => string_end(value),
        Some(b'{' | b'[') => nested_end(value),
        _ => value
            .find(|letter: char| letter.is_whitespace() || matches!(letter, ',' | '}' | ']'))
            .unwrap_or(value.len()),
    }
}

/// Where the object or array at the beginning of a text ends.
fn nested_end(value: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(step) = value[at..].find(['"', '{', '}', '[', ']']) {
        at += step;
        match value.as_bytes()[at] {
            b'"' => at += string_end(&value[at..]) - 1,
            b'{' | b'[' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    value.len()
}

/// Where the string at the beginning of a text ends: after its closing quote, or where its line does.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A string's text. One that is cut or is none stands for itself.
fn unescaped(string: &str) -> Cow<'_, str> {
    match serde_json::from_str::<String>(string) {
        Ok(text) => text.into(),
        Err(_) => string.into(),
    }
}

/// A string as it may be shown, in its own spelling if there is nothing to hide.
fn shown_string(string: &str, levels: u8) -> Cow<'_, str> {
    if levels == 0 || !string.contains('\\') {
        return text(string);
    }
    let plain = unescaped(string);
    match scan(&plain, levels - 1) {
        Cow::Borrowed(_) => string.into(),
        Cow::Owned(shown) => serde_json::Value::from(shown).to_string().into(),
    }
}
