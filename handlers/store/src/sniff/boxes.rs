//! Types that are told by the boxes or chunks at a file's beginning.

use super::Verdict::{Broken, Is, Next};
use super::{Sample, Verdict};

/// Chunks looked at before a PNG is taken for a plain one.
const CHUNKS: usize = 512;

/// A PNG is animated when an `acTL` chunk comes before the first `IDAT`.
pub(super) fn png(sample: &Sample<'_>) -> Verdict {
    if !sample.has(0, b"\x89PNG\r\n\x1a\n") {
        return Next;
    }
    let mut at = 8;
    let mut has_header = false;
    for _ in 0..CHUNKS {
        let Some([a, b, c, d, name @ ..]) = sample.read::<8>(at) else {
            return Broken;
        };
        let Ok(length) = usize::try_from(i32::from_be_bytes([a, b, c, d])) else {
            return Broken;
        };
        match &name {
            b"IDAT" => return Is("image/png"),
            b"acTL" => return Is("image/apng"),
            b"IHDR" if length != 13 => return Broken,
            b"IHDR" => has_header = true,
            b"CgBI" => {}
            _ if !has_header => return Broken,
            _ => {}
        }
        // The package lets a length pass that is larger than what is left, and stops at the end.
        at += 8 + length + 4;
        if at + 8 >= sample.rest.len() {
            break;
        }
    }
    Is("image/png")
}

/// The ISO base media formats: the brand says which.
pub(super) fn ftyp(sample: &Sample<'_>) -> Verdict {
    if !sample.has(4, b"ftyp") || sample.window[8] & 0x60 == 0 {
        return Next;
    }
    Is(match &brand(sample)[..] {
        b"avif" | b"avis" => "image/avif",
        b"mif1" => "image/heif",
        b"msf1" => "image/heif-sequence",
        b"heic" | b"heix" => "image/heic",
        b"hevc" | b"hevx" => "image/heic-sequence",
        b"qt" => "video/quicktime",
        b"M4V" | b"M4VH" | b"M4VP" => "video/x-m4v",
        b"M4B" | b"F4A" | b"F4B" => "audio/mp4",
        b"M4A" => "audio/x-m4a",
        b"crx" => "image/x-canon-cr3",
        [b'3', b'g', b'2', ..] => "video/3gpp2",
        [b'3', b'g', ..] => "video/3gpp",
        _ => "video/mp4",
    })
}

/// Four letters; the first zero counts as a space, and spaces at the ends do not count.
fn brand(sample: &Sample<'_>) -> Vec<u8> {
    let mut brand = sample.window[8..12].to_vec();
    if let Some(zero) = brand.iter_mut().find(|letter| **letter == 0) {
        *zero = b' ';
    }
    let is_space = |letter: &u8| matches!(letter, 9..=13 | b' ' | 0xa0);
    while brand.last().is_some_and(is_space) {
        brand.pop();
    }
    let spaces = brand.iter().take_while(|letter| is_space(letter)).count();
    brand.split_off(spaces)
}

/// The JPEG 2000 family.
pub(super) fn jpeg_2000(sample: &Sample<'_>) -> Verdict {
    if !sample.has(0, b"\0\0\0\x0cjP  \r\n\x87\n") {
        return Next;
    }
    match sample.read::<4>(20).as_ref() {
        Some(b"jp2 ") => Is("image/jp2"),
        Some(b"jpx ") => Is("image/jpx"),
        Some(b"jpm ") => Is("image/jpm"),
        Some(b"mjp2") => Is("image/mj2"),
        _ => Broken,
    }
}
