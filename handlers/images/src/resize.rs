//! Shrinks a picture until it fits, never enlarging it.
//!
//! The surprise: a transparent picture's colours are multiplied by alpha on the way, because what is invisible must not
//! bleed into what is seen.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeError, Resizer};

use crate::picture::Layout;
use crate::{Format, ImageError, Picture};

/// The picture shrunk into a square of `side` pixels with Lanczos' kernel, at its own proportions; a smaller one is
/// copied as it is. Orientation and profile stay.
///
/// # Errors
/// [`ImageError::Broken`] when the pixels are fewer than width and height say.
pub fn resize(picture: &Picture, side: u32) -> Result<Picture, ImageError> {
    let (width, height) = picture.inside(side);
    if (width, height) == (picture.width, picture.height) {
        return Ok(picture.clone());
    }
    let pixels = shrink(picture, width, height).map_err(mismatch)?;
    Ok(Picture {
        width,
        height,
        layout: picture.layout,
        pixels,
        orientation: picture.orientation,
        profile: picture.profile.clone(),
    })
}

fn shrink(picture: &Picture, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let pixel = match picture.layout {
        Layout::Rgb => PixelType::U8x3,
        Layout::Rgba => PixelType::U8x4,
    };
    let source = ImageRef::new(picture.width, picture.height, &picture.pixels, pixel)
        .map_err(|e| e.to_string())?;
    let mut target = Image::new(width, height, pixel);
    let resized: Result<(), ResizeError> = Resizer::new().resize(&source, &mut target, None);
    resized.map_err(|e| e.to_string())?;
    Ok(target.into_vec())
}

fn mismatch(reason: String) -> ImageError {
    ImageError::Broken {
        format: Format::Png,
        reason,
    }
}
