//! Which format bytes are, by how they begin.
//!
//! Names and declared types are not looked at: they lie. The surprise: AVIF and HEIC are one container, told apart by the
//! brands in its first box.

use std::fmt;

/// A format of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG, also animated.
    Png,
    /// WebP, lossy, lossless or animated.
    Webp,
    /// GIF.
    Gif,
    /// AVIF.
    Avif,
    /// HEIC or HEIF: recognised in order to be refused with a reason.
    Heic,
}

impl Format {
    /// The format these bytes begin as, or `None`.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::Webp),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => brands(bytes),
            _ => None,
        }
    }

    /// Its media type, such as `image/png`.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
            Self::Avif => "AVIF",
            Self::Heic => "HEIC",
        })
    }
}

/// The major brand decides; `mif1` and `msf1` say nothing, so for them the first telling compatible brand does.
fn brands(bytes: &[u8]) -> Option<Format> {
    let size = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let brands = bytes.get(8..size.min(bytes.len()))?;
    brands.as_chunks().0.iter().find_map(brand)
}

fn brand(name: &[u8; 4]) -> Option<Format> {
    match name {
        b"avif" | b"avis" => Some(Format::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some(Format::Heic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: Option<Format>) {
        assert_eq!(
            Format::of(bytes),
            expect,
            "{:?}",
            bytes.escape_ascii().to_string()
        );
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        check(b"\xff\xd8\xff\xe0", Some(Format::Jpeg));
        check(b"\x89PNG\r\n\x1a\n", Some(Format::Png));
        check(b"GIF87a", Some(Format::Gif));
        check(b"GIF89a", Some(Format::Gif));
        check(b"RIFF\0\0\0\0WEBPVP8 ", Some(Format::Webp));
        check(b"RIFF\0\0\0\0WAVEfmt ", None);
        check(b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", Some(Format::Avif));
        check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Some(Format::Heic));
        check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Some(Format::Avif));
        check(b"\0\0\0\x14ftypmp42\0\0\0\0isom", None);
        check(b"\0\0\0\x00ftyp", None);
        check(b"BM", None);
        check(b"", None);
    }
}
