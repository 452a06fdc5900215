//! Reading a raw query string, `application/x-www-form-urlencoded`, without building a map of it.
//!
//! It knows nothing of rules. The one surprise: names and values are compared as decoded bytes, so `%41`, `A` and an
//! escape that is not UTF-8 need no special care, and nothing is allocated to compare them.

use std::borrow::Cow;

/// Whether some parameter is called `name` and, when one is asked for, has the value `value`.
pub(super) fn has(query: &str, name: &str, value: Option<&str>) -> bool {
    pairs(query).any(|(key, found)| is(key, name) && value.is_none_or(|value| is(found, value)))
}

/// The decoded value of the first parameter called `name`; allocates only when it holds escapes.
pub(super) fn value_of<'a>(query: &'a str, name: &str) -> Option<Cow<'a, [u8]>> {
    let (_, value) = pairs(query).find(|(key, _)| is(key, name))?;
    Some(match value.contains(['%', '+']) {
        true => Cow::Owned(Decoded(value.as_bytes()).collect()),
        false => Cow::Borrowed(value.as_bytes()),
    })
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

fn is(encoded: &str, plain: &str) -> bool {
    Decoded(encoded.as_bytes()).eq(plain.bytes())
}

/// The bytes behind `+` and `%XX`; a `%` without two hex digits stands for itself.
struct Decoded<'a>(&'a [u8]);

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = match *self.0 {
            [] => return None,
            [b'+', ref rest @ ..] => (b' ', rest),
            [b'%', high, low, ref rest @ ..] if is_hex(high) && is_hex(low) => {
                (digit(high) << 4 | digit(low), rest)
            }
            [byte, ref rest @ ..] => (byte, rest),
        };
        self.0 = rest;
        Some(byte)
    }
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, name: &str, value: Option<&str>, expect: bool) {
        assert_eq!(has(query, name, value), expect, "{query} {name} {value:?}");
    }

    #[test]
    fn parameters_compare_decoded() {
        check("a=1&b=2", "b", Some("2"), true);
        check("a=1&a=2", "a", Some("2"), true);
        check("%61=x+y%21", "a", Some("x y!"), true);
        check("a=caf%c3%A9", "a", Some("caf\u{e9}"), true);
        check("a=%zz%4", "a", Some("%zz%4"), true);
        check("a=1=2", "a", Some("1=2"), true);
        check("a=1", "A", None, false);
        check("a=12", "a", Some("1"), false);
    }

    #[test]
    fn presence_needs_no_value() {
        check("a", "a", None, true);
        check("a", "a", Some(""), true);
        check("&&a=", "a", None, true);
        check("", "", None, false);
        check("b=a", "a", None, false);
    }

    #[test]
    fn the_first_value_is_the_key() {
        assert_eq!(value_of("a=%41b&a=c", "a").as_deref(), Some(&b"Ab"[..]));
        assert_eq!(value_of("b=1", "a"), None);
    }
}
