//! JPEG as mozjpeg writes it: progressive, its coefficients rounded to what costs least for what is lost.
//!
//! The surprise: sizes are the legacy's to a thousandth at [`Effort::Smallest`], because both run the same encoder with the
//! same settings.

use std::io;

use mozjpeg::{ColorSpace, Compress};

use super::Effort;
use crate::{Format, ImageError, Picture};

pub(super) fn encode(
    picture: &Picture,
    rgb: &[u8],
    quality: u8,
    effort: Effort,
) -> Result<Vec<u8>, ImageError> {
    write(picture, rgb, quality, effort).map_err(|error| ImageError::Encode {
        format: Format::Jpeg,
        reason: error.to_string(),
    })
}

fn write(picture: &Picture, rgb: &[u8], quality: u8, effort: Effort) -> io::Result<Vec<u8>> {
    let mut encoder = Compress::new(ColorSpace::JCS_RGB);
    encoder.set_size(picture.width as usize, picture.height as usize);
    match effort {
        Effort::Smallest => {}
        Effort::Balanced => encoder.set_optimize_scans(false),
        Effort::Quick => {
            encoder.set_fastest_defaults();
            encoder.set_optimize_coding(true);
        }
    }
    encoder.set_quality(quality.into());
    let mut encoder = encoder.start_compress(Vec::new())?;
    encoder.write_scanlines(rgb)?;
    encoder.finish()
}
