//! Takes away what an image says beside its pixels, and leaves the pixels as they are.
//!
//! Goes: EXIF with place and camera, XMP, IPTC, comments, texts, thumbnails, and whatever follows the image's end. Stays: the
//! colour profile and all that decoding needs. The surprise: an orientation other than upright stays as well, alone in a new
//! EXIF block, because turning the pixels would cost quality and forgetting it would show the image lying on its side.

use bytes::Bytes;
use img_parts::ImageEXIF;
use img_parts::png::{Png, PngChunk};
use img_parts::webp::WebP;

use crate::parts::{gif, jpeg};
use crate::{Format, ImageError, Orientation, inspect};

/// The image without what it says beside its pixels, which are not re-encoded.
///
/// # Errors
/// As [`inspect`], and [`ImageError::Unsupported`] for AVIF, whose boxes point into one another: re-encode it instead.
pub fn strip(bytes: &Bytes) -> Result<Bytes, ImageError> {
    let info = inspect(bytes)?;
    let stripped = match info.format {
        Format::Jpeg => Some(strip_jpeg(bytes, info.orientation)),
        Format::Png => strip_png(bytes, info.orientation),
        Format::Webp => strip_webp(bytes, info.orientation),
        Format::Gif => Some(strip_gif(bytes)),
        format @ (Format::Avif | Format::Heic) => return Err(unsupported(format)),
    };
    stripped.ok_or_else(|| ImageError::Broken {
        format: info.format,
        reason: "it ends early".into(),
    })
}

fn unsupported(format: Format) -> ImageError {
    ImageError::Unsupported {
        format,
        asked: "stripped",
    }
}

fn strip_jpeg(bytes: &[u8], orientation: Orientation) -> Bytes {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xff, 0xd8]);
    let mut turn = turned(orientation);
    for segment in jpeg::segments(bytes) {
        // EXIF's place is after JFIF's segment and before everything else.
        if segment.marker != jpeg::APP0 {
            out.extend(turn.take().map(app1).unwrap_or_default());
        }
        if is_needed(&segment) {
            out.extend(segment.whole);
        }
    }
    out.extend([0xff, 0xd9]);
    out.into()
}

/// JFIF's and Adobe's segments say how the colours are meant, the profile's as well; the rest of the application segments
/// are remarks.
fn is_needed(segment: &jpeg::Segment<'_>) -> bool {
    match segment.marker {
        jpeg::APP0 => segment.data.starts_with(b"JFIF\0"),
        jpeg::APP2 => segment.data.starts_with(b"ICC_PROFILE\0"),
        jpeg::APP14 => segment.data.starts_with(b"Adobe"),
        jpeg::APP1..=jpeg::APP15 | jpeg::COM => false,
        _ => true,
    }
}

fn app1(exif: Bytes) -> Vec<u8> {
    // A new block is 26 bytes long.
    let length = 2 + 6 + exif.len() as u16;
    let mut segment = vec![0xff, jpeg::APP1];
    segment.extend(length.to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(exif);
    segment
}

fn strip_png(bytes: &Bytes, orientation: Orientation) -> Option<Bytes> {
    let mut png = Png::from_bytes(bytes.clone()).ok()?;
    png.chunks_mut().retain(|chunk| !is_remark(&chunk.kind()));
    if let Some(exif) = turned(orientation) {
        let chunk = PngChunk::new(*b"eXIf", exif);
        png.chunks_mut().insert(1, chunk);
    }
    Some(png.encoder().bytes())
}

/// Unknown chunks that may be dropped are dropped: nobody knows what they give away. An upper-case first letter means that a
/// decoder needs the chunk.
fn is_remark(kind: &[u8; 4]) -> bool {
    let shown = [
        *b"tRNS", *b"gAMA", *b"cHRM", *b"sRGB", *b"iCCP", *b"cICP", *b"mDCV", *b"cLLI", *b"sBIT",
        *b"bKGD", *b"pHYs", *b"acTL", *b"fcTL", *b"fdAT",
    ];
    kind[0].is_ascii_lowercase() && !shown.contains(kind)
}

fn strip_webp(bytes: &Bytes, orientation: Orientation) -> Option<Bytes> {
    let mut webp = WebP::from_bytes(bytes.clone()).ok()?;
    let known = [
        *b"VP8X", *b"VP8 ", *b"VP8L", *b"ALPH", *b"ANIM", *b"ANMF", *b"ICCP",
    ];
    webp.chunks_mut()
        .retain(|chunk| known.contains(&chunk.id()));
    webp.set_exif(turned(orientation));
    Some(webp.encoder().bytes())
}

fn strip_gif(bytes: &[u8]) -> Bytes {
    let kept = gif::blocks(bytes).filter(|block| block.kind != gif::Kind::Remark);
    kept.flat_map(|block| block.whole).copied().collect()
}

/// An EXIF block that holds the orientation and nothing else, unless the image is upright.
fn turned(orientation: Orientation) -> Option<Bytes> {
    if orientation == Orientation::Upright {
        return None;
    }
    let mut exif = Vec::from(*b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01");
    exif.extend(orientation.to_exif().to_be_bytes());
    // The value is padded to four bytes, and there is no next directory.
    exif.extend([0; 6]);
    Some(exif.into())
}
