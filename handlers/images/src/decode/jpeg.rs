//! JPEG, shrunk while it is decoded.
//!
//! The library reconstructs each block of 8 × 8 at half, a quarter or an eighth of its size for less work than the whole.
//! The surprise: half is also what a quarter costs in quality, so never more is given away than the resize that follows
//! would throw away.

use std::io;

use mozjpeg::decompress::DecompressStarted;
use mozjpeg::{ColorSpace, Decompress};

use super::Wanted;
use crate::parts::jpeg::{APP14, Frame, profile, segments};
use crate::picture::{Layout, inside};
use crate::{Format, ImageError, Info, Limits, Picture};

/// Progressive encoders write about ten scans. A file of some kilobytes can hold thousands, each of them as much work as
/// the whole image.
const SCANS: usize = 100;

pub(super) fn decode(
    bytes: &[u8],
    info: &Info,
    wanted: Wanted,
    limits: &Limits,
) -> Result<Picture, ImageError> {
    let eighths = eighths(info, wanted);
    admit(bytes, info, eighths, limits)?;
    let (width, height, pixels) = read(bytes, eighths).map_err(broken)?;
    Ok(Picture {
        width,
        height,
        layout: Layout::Rgb,
        pixels,
        orientation: info.orientation,
        profile: profile(bytes),
    })
}

/// How many eighths of the size are enough.
fn eighths(info: &Info, wanted: Wanted) -> u8 {
    let Wanted::Inside(side) = wanted else {
        return 8;
    };
    let stored = (info.width, info.height);
    let needed = inside(stored, side);
    let enough = |&eighths: &u8| {
        let shrunk = |pixels: u32| (u64::from(pixels) * u64::from(eighths)).div_ceil(8);
        shrunk(stored.0) >= needed.0.into() && shrunk(stored.1) >= needed.1.into()
    };
    [1, 2, 4].into_iter().find(enough).unwrap_or(8)
}

fn admit(bytes: &[u8], info: &Info, eighths: u8, limits: &Limits) -> Result<(), ImageError> {
    if info.scans > SCANS {
        return Err(ImageError::Scans {
            scans: info.scans,
            limit: SCANS,
        });
    }
    let stored = u64::from(info.width) * u64::from(info.height);
    let pixels = stored * u64::from(eighths).pow(2) / 64 * Layout::Rgba.channels() as u64;
    // A progressive image is kept as coefficients of two bytes until its last scan.
    let frame = segments(bytes).find_map(|segment| segment.frame());
    let coefficients = |frame: Frame| stored * u64::from(frame.components) * 2;
    let held = frame
        .filter(|frame| frame.progressive || info.scans > 1)
        .map_or(0, coefficients);
    limits.admit_memory(pixels + held)
}

fn read(bytes: &[u8], eighths: u8) -> io::Result<(u32, u32, Vec<u8>)> {
    let mut decoder = Decompress::new_mem(bytes)?;
    decoder.scale(eighths);
    if matches!(
        decoder.color_space(),
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK
    ) {
        return finish(decoder.to_colorspace(ColorSpace::JCS_CMYK)?, |lines| {
            lines.read_scanlines()
        })
        .map(|(width, height, inks)| (width, height, printed(bytes, &inks)));
    }
    finish(decoder.rgb()?, |lines| lines.read_scanlines())
}

fn finish<'a, T>(
    mut lines: DecompressStarted<&'a [u8]>,
    read: impl FnOnce(&mut DecompressStarted<&'a [u8]>) -> io::Result<Vec<T>>,
) -> io::Result<(u32, u32, Vec<T>)> {
    let pixels = read(&mut lines)?;
    // A JPEG's sides have 16 bits.
    let size = (lines.width() as u32, lines.height() as u32);
    lines.finish()?;
    Ok((size.0, size.1, pixels))
}

/// Four inks as three lights, without a profile of the printer: near enough for a message. Adobe's files hold what is left
/// of the light instead of the ink.
fn printed(bytes: &[u8], inks: &[[u8; 4]]) -> Vec<u8> {
    let adobe = segments(bytes)
        .any(|segment| segment.marker == APP14 && segment.data.starts_with(b"Adobe"));
    let light = |ink: u8| u16::from(if adobe { ink } else { 255 - ink });
    let mixed = |[c, m, y, k]: [u8; 4]| [c, m, y].map(|ink| (light(ink) * light(k) / 255) as u8);
    inks.iter().copied().flat_map(mixed).collect()
}

fn broken(error: io::Error) -> ImageError {
    ImageError::Broken {
        format: Format::Jpeg,
        reason: error.to_string(),
    }
}
