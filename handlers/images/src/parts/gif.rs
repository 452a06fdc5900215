//! The blocks of a GIF up to its trailer.
//!
//! Knows nothing of colours or pixels. The surprise: an application extension is either what makes the film repeat or what a
//! program left behind; only its name tells.

/// One block of a GIF.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) kind: Kind,
    pub(crate) whole: &'a [u8],
}

/// What a block is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Signature, screen and palette: the first one.
    Header,
    /// A picture.
    Frame,
    /// Shown or needed to show a picture: timing, plain text, repetition.
    Control,
    /// Comments and what programs left behind.
    Remark,
    /// The end.
    Trailer,
}

/// The blocks up to the trailer or to where the bytes end.
pub(crate) fn blocks(bytes: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut rest = bytes;
    let mut kind = Some(Kind::Header);
    std::iter::from_fn(move || {
        let (this, length) = match kind.take() {
            Some(header) => (header, 13 + palette(*rest.get(10)?)),
            None => block(rest)?,
        };
        let (whole, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(Block { kind: this, whole })
    })
}

fn block(rest: &[u8]) -> Option<(Kind, usize)> {
    match rest {
        [0x2c, ..] => {
            let pixels = 10 + palette(*rest.get(9)?) + 1;
            Some((Kind::Frame, pixels + chain(rest.get(pixels..)?)?))
        }
        [0x21, label, ..] => Some((extension(*label, &rest[2..]), 2 + chain(&rest[2..])?)),
        [0x3b, ..] => Some((Kind::Trailer, 1)),
        _ => None,
    }
}

fn extension(label: u8, data: &[u8]) -> Kind {
    match label {
        0x01 | 0xf9 => Kind::Control,
        0xff if data.starts_with(b"\x0bNETSCAPE2.0") || data.starts_with(b"\x0bANIMEXTS1.0") => {
            Kind::Control
        }
        _ => Kind::Remark,
    }
}

/// Bytes of the palette that these flags announce.
fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Bytes of a chain of sub-blocks, with the empty one that ends it.
fn chain(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let length = usize::from(*rest.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}
