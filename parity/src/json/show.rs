//! A value as people are shown it: JSON on one line, and not too much of it.

use super::{At, Doc, Value};

/// Characters that are shown of a value.
pub(crate) const MOST: usize = 80;

/// A value's text, shortened.
pub(crate) fn show(doc: &Doc<'_>, at: At) -> String {
    let mut text = String::new();
    let mut at = at;
    let end = doc.next(at);
    // Containers that have begun: where they end, what ends them, what separates.
    let mut open: Vec<(At, char)> = Vec::new();
    let mut is_name = false;
    while at < end && text.len() <= MOST * 4 {
        while open.last().is_some_and(|(end, _)| *end <= at) {
            text.extend(open.pop().map(|(_, closer)| closer));
        }
        let begins = text.ends_with(['[', '{', ':']) || text.is_empty();
        if !begins {
            text.push(',');
        }
        let in_object = open.last().is_some_and(|(_, closer)| *closer == '}');
        is_name = in_object && !is_name;
        push(doc.value(at), &mut text);
        match doc.value(at) {
            Value::Array(_) => open.push((doc.next(at), ']')),
            Value::Object(_) => open.push((doc.next(at), '}')),
            _ if is_name => text.push(':'),
            _ => {}
        }
        if matches!(doc.value(at), Value::Array(_) | Value::Object(_)) {
            is_name = false;
        }
        at += 1;
    }
    text.extend(open.iter().rev().map(|(_, closer)| *closer));
    shorten(&text)
}

fn push(value: Value<'_>, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(beginning(number)),
        Value::Text(string) => {
            text.push('"');
            text.push_str(beginning(string));
            text.push('"');
        }
        Value::Array(_) => text.push('['),
        Value::Object(_) => text.push('{'),
    }
}

/// More than is ever shown, so that a long text is not copied whole.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(MOST * 4);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A text for people: its first 80 characters, with what cannot be printed replaced.
pub(crate) fn shorten(text: &str) -> String {
    let printable = |character: char| match character {
        '\n' => '⏎',
        character if is_unprintable(character) => '\u{fffd}',
        character => character,
    };
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(MOST).map(printable).collect();
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// Whether it moves the cursor, breaks the line or turns the direction of what stands around it.
pub(crate) fn is_unprintable(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let breaks = matches!(character, '\u{2028}' | '\u{2029}');
    character.is_control() || turns || breaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(show(&read(text.as_bytes()).unwrap(), 0), expect);
    }

    #[test]
    fn values_are_shown_on_one_line() {
        check(
            " [ 1, {\"a\" : [] , \"b\":{\"c\":null}}, \"x\" ] ",
            "[1,{\"a\":[],\"b\":{\"c\":null}},\"x\"]",
        );
        check("{}", "{}");
        check("\"a\\nb\"", "\"a\\nb\"");
        check("[[],[]]", "[[],[]]");
    }

    #[test]
    fn what_is_long_is_cut() {
        let long = format!("[\"{}\"]", "é".repeat(1_000));
        let shown = show(&read(long.as_bytes()).unwrap(), 0);
        assert_eq!((shown.chars().count(), shown.ends_with('…')), (MOST, true));
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(
            show(&read(deep.as_bytes()).unwrap(), 0).chars().count(),
            MOST
        );
        assert_eq!(shorten("a\nb\u{7}"), "a⏎b\u{fffd}");
        assert_eq!(shorten("\u{202e}a\u{2028}é"), "\u{fffd}a\u{fffd}é");
    }
}
