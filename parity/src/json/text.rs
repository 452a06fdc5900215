//! The characters of a JSON text.

use std::borrow::Cow;

/// Resolves the escapes of a text that was read. Bytes, because half of a surrogate pair, which JSON allows, is no
/// character; it is written as UTF-8 would write it if it were one, so that two different halves stay different.
pub(crate) fn unescape(text: &str) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else {
        return Cow::Borrowed(text.as_bytes());
    };
    let mut bytes = text.as_bytes()[..first].to_vec();
    let mut rest = &text.as_bytes()[first..];
    while let Some((byte, behind)) = rest.split_first() {
        rest = if *byte == b'\\' {
            escaped(behind, &mut bytes)
        } else {
            bytes.push(*byte);
            behind
        };
    }
    Cow::Owned(bytes)
}

/// Writes what one escape stands for; gives what is behind it.
fn escaped<'a>(rest: &'a [u8], bytes: &mut Vec<u8>) -> &'a [u8] {
    let Some((kind, behind)) = rest.split_first() else {
        return rest;
    };
    let plain = match kind {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(behind, bytes),
        other => *other,
    };
    bytes.push(plain);
    behind
}

fn unicode<'a>(rest: &'a [u8], bytes: &mut Vec<u8>) -> &'a [u8] {
    let Some(unit) = unit(rest) else { return rest };
    let behind = &rest[4..];
    let low = behind.strip_prefix(b"\\u").and_then(self::unit);
    match (unit, low) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
            push(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), bytes);
            &behind[6..]
        }
        _ => {
            push(unit, bytes);
            behind
        }
    }
}

fn unit(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

fn push(code: u32, bytes: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(character) => {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
        // A lone surrogate, in three bytes.
        None => bytes.extend([
            0xe0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3f) as u8,
            0x80 | (code & 0x3f) as u8,
        ]),
    }
}
