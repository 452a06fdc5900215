//! From bytes to pixels, under limits that are checked before anything is allocated.
//!
//! Knows nothing of what the pixels are for. The surprise: a caller that wants a small picture says so, and gets one that may
//! be larger than that but is smaller than the original: a JPEG is shrunk for free while it is decoded.

mod jpeg;

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageResult};

use crate::codec::guarded;
use crate::picture::Layout;
use crate::{Format, ImageError, Info, Limits, Picture, inspect};

/// How large the pixels are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    Full,
    /// No smaller than what fits into a square of this side.
    Inside(u32),
}

/// Decodes the first picture of an image, as stored: see [`Picture::turned`].
///
/// A JPEG that ends early is decoded as far as it goes, and the rest is grey.
///
/// # Errors
/// [`ImageError::Pixels`], [`ImageError::Memory`] and [`ImageError::Scans`] by what the image says of itself; as [`inspect`];
/// [`ImageError::Unsupported`] and [`ImageError::Broken`].
pub fn decode(bytes: &Bytes, wanted: Wanted, limits: &Limits) -> Result<Picture, ImageError> {
    let info = inspect(bytes)?;
    limits.admit_pixels(info.width, info.height)?;
    guarded(|| match info.format {
        Format::Jpeg => jpeg::decode(bytes, &info, wanted, limits),
        Format::Png => other(png(bytes, limits), &info, limits),
        Format::Webp => other(WebPDecoder::new(Cursor::new(bytes)), &info, limits),
        Format::Gif => other(GifDecoder::new(Cursor::new(bytes)), &info, limits),
        format @ (Format::Avif | Format::Heic) => Err(ImageError::Unsupported {
            format,
            asked: "decoded",
        }),
    })
}

/// What a PNG's packed profile and texts may unpack to: they are the part whose size no header tells.
const PACKED: u64 = 16 << 20;

fn png(bytes: &Bytes, limits: &Limits) -> ImageResult<PngDecoder<Cursor<Bytes>>> {
    let packed = allowance(limits.memory.min(PACKED));
    PngDecoder::with_limits(Cursor::new(bytes.clone()), packed)
}

fn allowance(memory: u64) -> image::Limits {
    let mut allowance = image::Limits::no_limits();
    allowance.max_alloc = Some(memory);
    allowance
}

fn other(
    decoder: ImageResult<impl ImageDecoder>,
    info: &Info,
    limits: &Limits,
) -> Result<Picture, ImageError> {
    let fault = |error| broken(info.format, limits, error);
    let mut decoder = decoder.map_err(fault)?;
    // What is decoded may be larger than the header that was looked at says.
    let (width, height) = decoder.dimensions();
    limits.admit_pixels(width, height)?;
    limits.admit_memory(footprint(&decoder))?;
    decoder
        .set_limits(allowance(limits.memory))
        .map_err(fault)?;
    let profile = decoder.icc_profile().map_err(fault)?;
    let image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    Ok(Picture {
        profile,
        ..Picture::from_image(image, info.orientation)
    })
}

/// The decoded image, once more for a decoder that composes it from planes or frames, and its eight-bit form.
fn footprint(decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    let eight_bit = u64::from(width) * u64::from(height) * Layout::Rgba.channels() as u64;
    decoder
        .total_bytes()
        .saturating_mul(2)
        .saturating_add(eight_bit)
}

fn broken(format: Format, limits: &Limits, error: image::ImageError) -> ImageError {
    match error {
        image::ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            ImageError::Memory {
                // The decoder does not say how much more it wanted.
                bytes: limits.memory.saturating_add(1),
                limit: limits.memory,
            }
        }
        other => ImageError::Broken {
            format,
            reason: other.to_string(),
        },
    }
}
