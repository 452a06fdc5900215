//! Types that are told by following a container's own structure.

use super::Verdict::{Broken, Is, Next};
use super::{Sample, Verdict};

/// Elements of an EBML head, tags of a TIFF and objects of an ASF that are looked at.
const EBML_ELEMENTS: usize = 256;
const TIFF_TAGS: u16 = 512;
const ASF_OBJECTS: usize = 512;

/// The codec of an Ogg stands behind its first page's head.
pub(super) fn ogg(sample: &Sample<'_>) -> Verdict {
    if !sample.has(0, b"OggS") {
        return Next;
    }
    let Some(codec) = sample.read::<8>(28) else {
        return Broken;
    };
    Is(match &codec {
        b"OpusHead" => "audio/ogg; codecs=opus",
        [0x80, b't', b'h', b'e', b'o', b'r', b'a', _] => "video/ogg",
        [1, b'v', b'i', b'd', b'e', b'o', 0, _] => "video/ogg",
        [0x7f, b'F', b'L', b'A', b'C', ..] => "audio/ogg",
        [b'S', b'p', b'e', b'e', b'x', b' ', b' ', _] => "audio/ogg",
        [1, b'v', b'o', b'r', b'b', b'i', b's', _] => "audio/ogg",
        _ => "application/ogg",
    })
}

/// TIFF and the raw formats of cameras that are TIFF too.
pub(super) fn tiff(sample: &Sample<'_>) -> Verdict {
    let order = match &sample.window[..2] {
        b"II" => Order::Little,
        b"MM" => Order::Big,
        _ => return Next,
    };
    match order.u16([sample.window[2], sample.window[3]]) {
        42 => tiff_42(sample, order),
        43 => Is("image/tiff"),
        _ => Next,
    }
}

fn tiff_42(sample: &Sample<'_>, order: Order) -> Verdict {
    let [_, _, _, _, a, b, c, d, e, f, g, h, ..] = sample.window;
    let directory = order.u32([a, b, c, d]);
    if directory >= 6 && sample.has(8, b"CR") {
        return Is("image/x-canon-cr2");
    }
    let ids = (order.u16([e, f]), order.u16([g, h]));
    if directory >= 8 && matches!(ids, (0x1c, 0xfe) | (0x1f, 0x0b)) {
        return Is("image/x-nikon-nef");
    }
    let tags = usize::try_from(directory)
        .ok()
        .and_then(|at| by_tags(sample, order, at));
    tags.map_or(Broken, Is)
}

fn by_tags(sample: &Sample<'_>, order: Order, directory: usize) -> Option<&'static str> {
    let tags = order.u16(sample.read(directory)?);
    if tags > TIFF_TAGS {
        return Some("image/tiff");
    }
    for tag in 0..usize::from(tags) {
        match order.u16(sample.read(directory + 2 + 12 * tag)?) {
            50_341 => return Some("image/x-sony-arw"),
            50_706 => return Some("image/x-adobe-dng"),
            _ => {}
        }
    }
    Some("image/tiff")
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Matroska and WebM: the head's `DocType` says which.
pub(super) fn ebml(sample: &Sample<'_>) -> Verdict {
    if !sample.has(0, b"\x1a\x45\xdf\xa3") {
        return Next;
    }
    match doc_type(sample) {
        Some(b"webm") => Is("video/webm"),
        Some(b"matroska") => Is("video/matroska"),
        _ => Broken,
    }
}

fn doc_type<'a>(sample: &Sample<'a>) -> Option<&'a [u8]> {
    let (mut at, root) = element(sample, 0)?;
    // The package counts the head's elements by its length in bytes, which is never too few.
    for _ in 0..root.length.min(EBML_ELEMENTS) {
        let (payload, element) = element(sample, at)?;
        if element.id == [0x42, 0x82] {
            let text = sample
                .rest
                .get(payload..payload.checked_add(element.length)?)?;
            let named = element.length <= 64;
            return named.then(|| text.split(|byte| *byte == 0).next())?;
        }
        if element.length > sample.rest.len() {
            return None;
        }
        at = payload + element.length;
    }
    None
}

struct Element<'a> {
    id: &'a [u8],
    length: usize,
}

/// An element's head at a place, and where its payload begins.
fn element<'a>(sample: &Sample<'a>, at: usize) -> Option<(usize, Element<'a>)> {
    let id = field(sample, at)?;
    let length_field = field(sample, at + id.len())?;
    let marker = 0x80_u8
        .checked_shr(length_field.len() as u32 - 1)
        .unwrap_or(0);
    let mut bytes = length_field.to_vec();
    bytes[0] ^= marker;
    // As much as a JavaScript number is read from: the last six bytes.
    let low = &bytes[bytes.len().saturating_sub(6)..];
    let length = low.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let length = usize::try_from(length).ok()?;
    Some((at + id.len() + length_field.len(), Element { id, length }))
}

/// A field as long as its first byte says: one byte more for each leading zero.
fn field<'a>(sample: &Sample<'a>, at: usize) -> Option<&'a [u8]> {
    let zeros = sample.rest.get(at)?.leading_zeros() as usize;
    sample.rest.get(at..at + zeros + 1)
}

/// Windows Media: the first stream's properties say whether it is seen or heard.
pub(super) fn asf(sample: &Sample<'_>) -> Verdict {
    if !sample.has(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9") {
        return Next;
    }
    let mut at = 30;
    for _ in 0..ASF_OBJECTS {
        let Some(head) = sample
            .read::<24>(at)
            .filter(|_| at + 24 < sample.rest.len())
        else {
            break;
        };
        let (id, length) = head.split_at(16);
        let length = length
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let Some(payload) = length.checked_sub(24) else {
            return Broken;
        };
        if id == STREAM_PROPERTIES {
            return stream(sample, at + 24);
        }
        match usize::try_from(payload) {
            Ok(payload) if payload <= sample.rest.len() => at += 24 + payload,
            _ => break,
        }
    }
    Is("application/vnd.ms-asf")
}

const STREAM_PROPERTIES: &[u8] =
    b"\x91\x07\xdc\xb7\xb7\xa9\xcf\x11\x8e\xe6\x00\xc0\x0c\x20\x53\x65";
const HEARD: &[u8; 16] = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
const SEEN: &[u8; 16] = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";

fn stream(sample: &Sample<'_>, at: usize) -> Verdict {
    Is(match sample.read::<16>(at) {
        Some(kind) if &kind == HEARD => "audio/x-ms-asf",
        Some(kind) if &kind == SEEN => "video/x-ms-asf",
        _ => "application/vnd.ms-asf",
    })
}

/// Electron's archive: a pickle with JSON that names files. Only one that fits into 256 bytes is recognised.
pub(super) fn asar(sample: &Sample<'_>) -> Verdict {
    let [4, 0, 0, 0, _, _, _, _, _, _, _, _, a, b, c, d, ..] = sample.window else {
        return Next;
    };
    let size = u32::from_le_bytes([a, b, c, d]) as usize;
    let header = sample.window[16..256].get(..size).filter(|_| size > 12);
    let header: Option<serde_json::Value> =
        header.and_then(|json| serde_json::from_slice(json).ok());
    match header.is_some_and(|header| is_truthy(&header["files"])) {
        true => Is("application/x-asar"),
        false => Next,
    }
}

/// As JavaScript's `if` takes it.
fn is_truthy(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::Bool(truth) => *truth,
        serde_json::Value::Number(number) => number.as_f64() != Some(0.0),
        serde_json::Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// With its signature, or without it and with a right checksum.
pub(super) fn tar(sample: &Sample<'_>) -> Verdict {
    let signed = sample.has(257, b"ustar\0") || sample.has(257, b"ustar ");
    let unsigned = sample.has(257, &[0; 6]) && checksum_matches(sample);
    match signed || unsigned {
        true => Is("application/x-tar"),
        false => Next,
    }
}

/// The sum of all bytes of the head, where the eight of the checksum itself count as spaces.
fn checksum_matches(sample: &Sample<'_>) -> bool {
    let head = sample.window[..148].iter().chain(&sample.window[156..]);
    let sum: u32 = head.map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    octal(&sample.window[148..154]) == Some(sum)
}

/// The number that a field begins with.
fn octal(field: &[u8]) -> Option<u32> {
    let digits = field.trim_ascii_start();
    let digits = digits.strip_prefix(b"+").unwrap_or(digits);
    let end = digits.iter().position(|byte| !(b'0'..=b'7').contains(byte));
    let digits = str::from_utf8(&digits[..end.unwrap_or(digits.len())]).ok()?;
    u32::from_str_radix(digits, 8).ok()
}
