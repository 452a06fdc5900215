//! Colours of a profile as sRGB, which is what is meant where no profile is.
//!
//! The surprise: a profile that cannot be read or does not fit the pixels is dropped without an error, as viewers do: the
//! colours are a little off, which beats no picture.

use moxcms::{CmsError, ColorProfile, DataColorSpace, TransformOptions};

use crate::Picture;
use crate::picture::Layout;

/// The picture in sRGB, without its profile.
pub fn to_srgb(mut picture: Picture) -> Picture {
    if let Some(profile) = picture.profile.take()
        && let Ok(converted) = convert(&picture, &profile)
    {
        picture.pixels = converted;
    }
    picture
}

fn convert(picture: &Picture, profile: &[u8]) -> Result<Vec<u8>, CmsError> {
    let profile = ColorProfile::new_from_slice(profile)?;
    if profile.color_space != DataColorSpace::Rgb {
        return Err(CmsError::InvalidProfile);
    }
    let layout = match picture.layout {
        Layout::Rgb => moxcms::Layout::Rgb,
        Layout::Rgba => moxcms::Layout::Rgba,
    };
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())?;
    let mut converted = vec![0; picture.pixels.len()];
    transform.transform(&picture.pixels, &mut converted)?;
    Ok(converted)
}
