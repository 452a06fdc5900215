//! Forms and queries: `application/x-www-form-urlencoded`, read and written as the URL standard says.

use std::fmt::Write;

/// The pairs of a form or of a query without its `?`, decoded, in order, duplicates kept. Nothing is malformed: an
/// escape that is none stands for itself, bytes that are no UTF-8 become U+FFFD.
pub fn parse(form: &[u8]) -> Vec<(String, String)> {
    form.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = pair.split_at(at.unwrap_or(pair.len()));
            (decode(name), decode(value.get(1..).unwrap_or_default()))
        })
        .collect()
}

/// The first value of a name.
pub fn first<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let pair = form.iter().find(|(there, _)| there == name);
    pair.map(|(_, value)| value.as_str())
}

/// Pairs as a form.
pub fn write<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        escape(&mut form, name.as_ref(), form_letter);
        form.push('=');
        escape(&mut form, value.as_ref(), form_letter);
    }
    form
}

/// A text as one segment of a path, or as a value of a query whose reader does not know `+`.
pub fn segment(text: &str) -> String {
    let mut segment = String::new();
    escape(&mut segment, text, segment_letter);
    segment
}

/// How a form writes a byte; `None` when it is escaped.
fn form_letter(byte: u8) -> Option<char> {
    match byte {
        b' ' => Some('+'),
        b'*' | b'-' | b'.' | b'_' => Some(char::from(byte)),
        _ => byte.is_ascii_alphanumeric().then(|| char::from(byte)),
    }
}

fn segment_letter(byte: u8) -> Option<char> {
    let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    plain.then(|| char::from(byte))
}

fn escape(into: &mut String, text: &str, letter: fn(u8) -> Option<char>) {
    for byte in text.bytes() {
        match letter(byte) {
            Some(letter) => into.push(letter),
            // Writing to a String never fails.
            None => _ = write!(into, "%{byte:02X}"),
        }
    }
}

fn decode(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let (byte, taken) = match first {
            b'+' => (b' ', 0),
            b'%' => escaped(behind).map_or((b'%', 0), |byte| (byte, 2)),
            other => (*other, 0),
        };
        bytes.push(byte);
        rest = &behind[taken..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: &str, expect: &[(&str, &str)]) {
        let parsed = parse(form.as_bytes());
        let parsed: Vec<_> = parsed.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(parsed, expect, "{form}");
    }

    #[test]
    fn forms_are_read_as_the_standard_says() {
        check("", &[]);
        check("a=1&b=2&a=3", &[("a", "1"), ("b", "2"), ("a", "3")]);
        check("a&=b&&c=", &[("a", ""), ("", "b"), ("c", "")]);
        check("To=%2B49+30&x=a%3Db=c", &[("To", "+49 30"), ("x", "a=b=c")]);
        check("bad=%zz%4&u=%FF", &[("bad", "%zz%4"), ("u", "\u{fffd}")]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let pairs = [("näme", "a&b=c+d e"), ("~", "%")];
        let form = write(pairs);
        assert_eq!(form, "n%C3%A4me=a%26b%3Dc%2Bd+e&%7E=%25");
        check(&form, &pairs);
        assert_eq!(segment("a b/c~"), "a%20b%2Fc~");
        assert_eq!(first(&parse(form.as_bytes()), "~"), Some("%"));
    }
}
