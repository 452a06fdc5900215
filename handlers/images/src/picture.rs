//! Decoded pixels, and where they have to fit.
//!
//! Eight bits a channel, sRGB or what the profile says, rows without gaps. The surprise: pixels are as they were stored;
//! the orientation travels beside them until somebody [turns](Picture::turned) them.

use image::{DynamicImage, RgbImage, RgbaImage};

use crate::{Format, ImageError, Orientation};

/// An image in memory.
#[derive(Clone)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What a pixel is made of.
    pub layout: Layout,
    /// Row after row, [`Layout::channels`] bytes for each pixel.
    pub pixels: Vec<u8>,
    /// What has to be done to see it upright.
    pub orientation: Orientation,
    /// The colour profile it came with, unless it has been converted to sRGB.
    pub profile: Option<Vec<u8>>,
}

/// The channels of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Red, green, blue.
    Rgb,
    /// And alpha, not multiplied into the colours.
    Rgba,
}

impl Layout {
    /// Bytes for each pixel.
    pub fn channels(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

impl Picture {
    /// The size of the largest picture of these proportions that fits into a square of `side` pixels, never a larger one
    /// than this.
    pub fn inside(&self, side: u32) -> (u32, u32) {
        inside((self.width, self.height), side)
    }

    /// The same picture with its pixels upright.
    ///
    /// # Errors
    /// [`ImageError::Broken`] when the pixels are fewer than width and height say.
    pub fn turned(mut self) -> Result<Self, ImageError> {
        let orientation = std::mem::take(&mut self.orientation);
        if orientation == Orientation::Upright {
            return Ok(self);
        }
        let profile = self.profile.take();
        let mut image = self.into_image()?;
        image.apply_orientation(orientation.into());
        Ok(Self {
            profile,
            ..Self::from_image(image, Orientation::Upright)
        })
    }

    /// Takes over what one of the library's decoders made, at eight bits a channel and without greys.
    pub(crate) fn from_image(image: DynamicImage, orientation: Orientation) -> Self {
        let (width, height) = (image.width(), image.height());
        let (layout, pixels) = if image.color().has_alpha() {
            (Layout::Rgba, image.into_rgba8().into_raw())
        } else {
            (Layout::Rgb, image.into_rgb8().into_raw())
        };
        Self {
            width,
            height,
            layout,
            pixels,
            orientation,
            profile: None,
        }
    }

    fn into_image(self) -> Result<DynamicImage, ImageError> {
        let (width, height) = (self.width, self.height);
        let image = match self.layout {
            Layout::Rgb => RgbImage::from_raw(width, height, self.pixels).map(DynamicImage::from),
            Layout::Rgba => RgbaImage::from_raw(width, height, self.pixels).map(DynamicImage::from),
        };
        image.ok_or_else(|| ImageError::Encode {
            format: Format::Png,
            reason: "the pixels do not fill the picture".into(),
        })
    }
}

/// The longer side becomes `side`, the other one is rounded as the legacy rounds.
pub(crate) fn inside((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= side {
        return (width, height);
    }
    let scaled = |pixels: u32| {
        let exact = f64::from(pixels) * f64::from(side) / f64::from(long);
        // Rounded and never above `side`, so the cast keeps the value.
        (exact.round() as u32).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_inside_a_square_is_the_legacys() {
        let check =
            |size, side, expect| assert_eq!(inside(size, side), expect, "{size:?} in {side}");
        check((4001, 2999), 2048, (2048, 1535));
        check((2049, 1025), 2048, (2048, 1024));
        check((3, 5000), 2048, (1, 2048));
        check((5000, 1), 2048, (2048, 1));
        check((100, 50), 2048, (100, 50));
        check((2048, 2048), 2048, (2048, 2048));
    }
}
