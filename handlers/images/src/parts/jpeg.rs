//! The segments of a JPEG up to its end.
//!
//! Knows nothing of pixels. The surprise: a walk ends without an error where the bytes do, because cut photos are common and
//! decoders show what is there.

use memchr::memchr;

/// Marker codes that are asked for by name.
pub(crate) const SOS: u8 = 0xda;
pub(crate) const COM: u8 = 0xfe;
pub(crate) const APP0: u8 = 0xe0;
pub(crate) const APP1: u8 = 0xe1;
pub(crate) const APP2: u8 = 0xe2;
pub(crate) const APP13: u8 = 0xed;
pub(crate) const APP14: u8 = 0xee;
pub(crate) const APP15: u8 = 0xef;
const EOI: u8 = 0xd9;

/// One segment: its marker, what it holds, and all its bytes with the entropy-coded data that follows a scan's header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    pub(crate) data: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// What a frame header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) components: u8,
    pub(crate) progressive: bool,
}

/// The segments after the start of the image, up to its end or that of the bytes.
pub(crate) fn segments(bytes: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (segment, after) = next(rest)?;
        rest = after;
        Some(segment)
    })
}

impl Segment<'_> {
    /// The frame header, if this is one.
    pub(crate) fn frame(&self) -> Option<Frame> {
        // SOF0 to SOF15, of which three codes are other things.
        if !(0xc0..=0xcf).contains(&self.marker) || matches!(self.marker, 0xc4 | 0xc8 | 0xcc) {
            return None;
        }
        let [_, h1, h0, w1, w0, components, ..] = *self.data else {
            return None;
        };
        Some(Frame {
            width: u16::from_be_bytes([w1, w0]).into(),
            height: u16::from_be_bytes([h1, h0]).into(),
            components,
            progressive: matches!(self.marker, 0xc2 | 0xc6 | 0xca | 0xce),
        })
    }
}

fn next(rest: &[u8]) -> Option<(Segment<'_>, &[u8])> {
    let (at, marker) = marker(rest)?;
    let length = usize::from(u16::from_be_bytes(*rest.get(at + 2..)?.first_chunk()?));
    let end = at + 2 + length.max(2);
    let data = rest.get(at + 4..end)?;
    let end = if marker == SOS {
        end + entropy(&rest[end..])
    } else {
        end
    };
    let (whole, after) = rest[at..].split_at(end - at);
    Some((
        Segment {
            marker,
            data,
            whole,
        },
        after,
    ))
}

/// Where the next marker with a length is. What lies before it belongs to nothing and is passed over, as decoders do.
fn marker(rest: &[u8]) -> Option<(usize, u8)> {
    let mut from = 0;
    loop {
        let at = from + memchr(0xff, &rest[from..])?;
        match *rest.get(at + 1)? {
            EOI => return None,
            // Filling, stuffing, and markers that stand alone.
            0xff | 0x00 | 0x01 | 0xd0..=0xd8 => from = at + 1,
            marker => return Some((at, marker)),
        }
    }
}

/// How many bytes of a scan there are: up to a marker that is neither stuffing nor a restart.
fn entropy(rest: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = memchr(0xff, &rest[from..]) {
        let at = from + found;
        match rest.get(at + 1) {
            Some(0x00 | 0xff | 0xd0..=0xd7) => from = at + 1,
            _ => return at,
        }
    }
    rest.len()
}

/// The colour profile, which is cut into numbered pieces of 64 KiB.
pub(crate) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let pieces = segments(bytes).filter(|segment| segment.marker == APP2);
    let mut pieces: Vec<_> = pieces
        .filter_map(|segment| segment.data.strip_prefix(b"ICC_PROFILE\0"))
        .collect();
    // Number and count come first; the sort is stable, so a file that numbers badly is taken in its own order.
    pieces.sort_by_key(|piece| piece.first().copied());
    let profile: Vec<u8> = pieces
        .iter()
        .filter_map(|piece| piece.get(2..))
        .flatten()
        .copied()
        .collect();
    (!profile.is_empty()).then_some(profile)
}
