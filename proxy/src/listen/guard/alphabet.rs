//! Which bytes may stand where in a message head, and how far a run of them reaches.
//!
//! It must not know lines or headers. The one surprise: runs of text are measured eight bytes at a time, because
//! header values are most of a head and the engine will walk them again anyway.

/// Characters of a token (RFC 9110, 5.6.2): header names.
const TOKEN: [bool; 256] = table(b"!#$%&'*+-.^_`|~", b"azAZ09");

/// Characters of a method. Tokens allow more, but every registered method is made of these, and servers in front of
/// which this one stands in (nginx, Node) refuse the rest.
const METHOD: [bool; 256] = table(b"-_", b"AZ");

/// Characters of a registered name or an IPv4 address (RFC 3986, 3.2.2), without the comma: no real host has one,
/// but two `Host` lines joined by an intermediary do.
const REG_NAME: [bool; 256] = table(b"-._~!$&'()*+;=%", b"azAZ09");

/// Characters between the brackets of an IPv6 or future address.
const IP_LITERAL: [bool; 256] = table(b"-._~!$&'()*+;=:", b"azAZ09");

/// Least byte of text in a header value: everything from the space up.
pub(super) const VALUE: u8 = b' ';

/// Least byte of text in a request target: the space ends it.
pub(super) const TARGET: u8 = b'!';

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const DEL: u8 = 0x7f;

/// Length of the token that `bytes` begin with.
pub(super) fn token_run(bytes: &[u8]) -> usize {
    run(bytes, &TOKEN)
}

/// Length of the method that `bytes` begin with.
pub(super) fn method_run(bytes: &[u8]) -> usize {
    run(bytes, &METHOD)
}

/// Whether `byte` may be part of a header name.
pub(super) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Whether `byte` may be part of a header value.
pub(super) fn is_value(byte: u8) -> bool {
    (byte >= VALUE && byte != DEL) || byte == b'\t'
}

/// Number of bytes before the first that is below `least` or is DEL. Bytes from 0x80 up are text.
pub(super) fn text_run(bytes: &[u8], least: u8) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let stops = stops(u64::from_le_bytes(*word), least);
        if stops != 0 {
            return index * 8 + stops.trailing_zeros() as usize / 8;
        }
    }
    let tail = rest
        .iter()
        .take_while(|&&byte| byte >= least && byte != DEL);
    words.len() * 8 + tail.count()
}

/// Whether `value` is a host and perhaps a port. An empty host is one (RFC 9110, 7.2).
pub(super) fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value.strip_prefix(b"[") {
        Some(rest) => {
            let inner = run(rest, &IP_LITERAL);
            match rest.get(inner) {
                Some(b']') if inner > 0 => (inner, &rest[inner + 1..]),
                _ => return false,
            }
        }
        None => {
            let name = run(value, &REG_NAME);
            if has_empty_label(&value[..name]) {
                return false;
            }
            (name, &value[name..])
        }
    };
    match port.strip_prefix(b":") {
        Some(digits) => host > 0 && digits.iter().all(u8::is_ascii_digit),
        None => port.is_empty(),
    }
}

/// Whether `host` may stand in an absolute target: a host spelled with letters, digits, hyphens and dots, or an
/// address in brackets. This is narrower than [`is_host`], as it is in nginx.
pub(super) fn is_authority(host: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(byte);
    !host.is_empty() && host.iter().all(plain) && is_host(host)
}

/// A name that is only a dot, or has two in a row. One dot at the end is the root's.
fn has_empty_label(name: &[u8]) -> bool {
    name == b"." || name.windows(2).any(|pair| pair == b"..")
}

/// Marks the high bit of every byte that is below `least` or is DEL. A borrow can mark bytes above the first stop by
/// mistake, never below it, so the lowest mark is always right.
fn stops(word: u64, least: u8) -> u64 {
    let below = word.wrapping_sub(ONES * u64::from(least)) & !word;
    let not_del = word ^ (ONES * u64::from(DEL));
    let del = not_del.wrapping_sub(ONES) & !not_del;
    (below | del) & HIGHS
}

fn run(bytes: &[u8], allowed: &[bool; 256]) -> usize {
    let end = bytes.iter().position(|&byte| !allowed[usize::from(byte)]);
    end.unwrap_or(bytes.len())
}

/// Builds a table from single characters and from `ranges`, given as pairs of their first and last character.
const fn table(single: &[u8], ranges: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < single.len() {
        table[single[at] as usize] = true;
        at += 1;
    }
    let mut at = 0;
    while at < ranges.len() {
        let mut byte = ranges[at];
        while byte <= ranges[at + 1] {
            table[byte as usize] = true;
            byte += 1;
        }
        at += 2;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_run_ends_at_the_first_control() {
        for length in 0..40 {
            for stop in 0..=255u8 {
                let mut bytes = vec![b'a'; length];
                bytes.extend([stop, 0xff, 0]);
                let text = stop >= VALUE && stop != DEL;
                let expect = if text { length + 2 } else { length };
                assert_eq!(text_run(&bytes, VALUE), expect, "{length} {stop:#x}");
            }
        }
        assert_eq!(text_run(b"/a b", TARGET), 2);
        assert_eq!(text_run(&[0x80; 17], VALUE), 17);
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for good in [
            "",
            "a",
            "a.b:80",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:443",
            "a_b",
            "a:",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            ":80", "a:b", "a b", "a/b", "a@b", "a,b", ".", "a..b", "[::1", "[]", "[::1]x", "a:1:2",
            "a\\b", "é", "::1",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }
}
