//! From pixels to bytes.
//!
//! Writes no metadata: an orientation must have been turned, a profile converted. The surprise: for formats without
//! transparency the background is black, because the legacy's is.

mod jpeg;

use std::borrow::Cow;

use crate::codec::guarded;
use crate::picture::Layout;
use crate::{Format, ImageError, Picture};

/// What is written, and how hard is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// JPEG of a quality from 1 to 100.
    Jpeg(u8, Effort),
    /// PNG of zlib's level 0 to 9.
    Png(u8),
    /// WebP of a quality from 1 to 100.
    Webp(u8),
}

/// What a smaller JPEG is worth. The quality is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// The legacy's: every order of scans is tried for the smallest.
    Smallest,
    /// Two to five percent larger for a photo, in half the time.
    Balanced,
    /// Baseline, in a tenth of the time: about a third larger at the same quality setting, of which it makes more. Eight less of
    /// it look the same as the others do and are a tenth larger.
    Quick,
}

impl Encoding {
    /// The format that is written.
    pub fn format(self) -> Format {
        match self {
            Self::Jpeg(..) => Format::Jpeg,
            Self::Png(_) => Format::Png,
            Self::Webp(_) => Format::Webp,
        }
    }
}

/// The picture's pixels as they are, in this format.
///
/// # Errors
/// [`ImageError::Encode`] when the format cannot hold them: WebP ends at 16,383 pixels a side, JPEG at 65,500.
pub fn encode(picture: &Picture, encoding: Encoding) -> Result<Vec<u8>, ImageError> {
    let written = guarded(|| match encoding {
        Encoding::Jpeg(quality, effort) => jpeg::encode(picture, &opaque(picture), quality, effort),
        Encoding::Png(level) => {
            png(picture, level).map_err(|error| failed(Format::Png, error.to_string()))
        }
        Encoding::Webp(quality) => webp(picture, quality),
    });
    written.map_err(|error| match error {
        // The encoder's panic is its way to say no.
        ImageError::Panicked(reason) => failed(encoding.format(), reason),
        other => other,
    })
}

fn failed(format: Format, reason: String) -> ImageError {
    ImageError::Encode { format, reason }
}

/// The colours on black.
fn opaque(picture: &Picture) -> Cow<'_, [u8]> {
    match picture.layout {
        Layout::Rgb => Cow::Borrowed(&picture.pixels),
        Layout::Rgba => Cow::Owned(
            picture
                .pixels
                .as_chunks()
                .0
                .iter()
                .flat_map(|&pixel| over_black(pixel))
                .collect(),
        ),
    }
}

fn over_black([r, g, b, a]: [u8; 4]) -> [u8; 3] {
    [r, g, b].map(|channel| ((u16::from(channel) * u16::from(a) + 127) / 255) as u8)
}

/// Rows are not filtered, because the legacy's are not: a rung of its ladder has to be as large as here.
fn png(picture: &Picture, level: u8) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, picture.width, picture.height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match picture.layout {
        Layout::Rgb => png::ColorType::Rgb,
        Layout::Rgba => png::ColorType::Rgba,
    });
    encoder.set_deflate_compression(png::DeflateCompression::Level(level.min(9)));
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(out)
}

fn webp(picture: &Picture, quality: u8) -> Result<Vec<u8>, ImageError> {
    let (width, height) = (picture.width, picture.height);
    let encoder = match picture.layout {
        Layout::Rgb => webp::Encoder::from_rgb(&picture.pixels, width, height),
        Layout::Rgba => webp::Encoder::from_rgba(&picture.pixels, width, height),
    };
    let written = encoder.encode_simple(false, quality.into());
    let written = written.map_err(|error| failed(Format::Webp, format!("{error:?}")))?;
    Ok(written.to_vec())
}
