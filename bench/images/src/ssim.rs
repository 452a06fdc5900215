//! How alike two pictures look: the structural similarity of their brightness, and the reference they are held to.
//!
//! The surprise: what is transparent is compared on black, as the legacy shows it.

use anyhow::{Context, Result, ensure};
use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, Resizer};
use overgrow_images::Picture;

/// A picture's brightness, row after row.
pub(crate) struct Grey {
    width: usize,
    values: Vec<f32>,
}

/// Sides of the windows that are compared, and the steps between them.
const WINDOW: usize = 8;
const STEP: usize = 4;
/// Wang's constants for eight bits: they keep flat windows from being divided by nothing.
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

impl Grey {
    pub(crate) fn of(picture: &Picture) -> Self {
        let pixels = picture.pixels.chunks_exact(picture.layout.channels());
        Self {
            width: picture.width as usize,
            values: pixels.map(brightness).collect(),
        }
    }

    /// Shrunk in floating point from all the pixels there were before anything was encoded.
    pub(crate) fn shrunk(&self, width: u32, height: u32) -> Result<Self> {
        let bytes = self
            .values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let rows = self.values.len() / self.width;
        let source = Image::from_vec_u8(
            self.width.try_into()?,
            rows.try_into()?,
            bytes,
            PixelType::F32,
        )?;
        let mut target = Image::new(width, height, PixelType::F32);
        Resizer::new().resize(&source, &mut target, None)?;
        let values = target
            .buffer()
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_ne_bytes(*bytes));
        Ok(Self {
            width: width as usize,
            values: values.collect(),
        })
    }

    /// 1 for the same picture, less for others; the mean over all windows.
    pub(crate) fn ssim(&self, other: &Self) -> Result<f64> {
        ensure!(
            self.width == other.width && self.values.len() == other.values.len(),
            "pictures of two sizes"
        );
        let rows = self.values.len() / self.width;
        let mut windows = Vec::new();
        for top in (0..=rows.checked_sub(WINDOW).context("too low")?).step_by(STEP) {
            for left in (0..=self.width.checked_sub(WINDOW).context("too narrow")?).step_by(STEP) {
                windows.push(likeness(self.window(left, top), other.window(left, top)));
            }
        }
        Ok(windows.iter().sum::<f64>() / windows.len() as f64)
    }

    fn window(&self, left: usize, top: usize) -> impl Iterator<Item = f64> {
        let rows =
            (top..top + WINDOW).map(move |y| &self.values[y * self.width + left..][..WINDOW]);
        rows.flatten().map(|value| f64::from(*value))
    }
}

fn brightness(pixel: &[u8]) -> f32 {
    let [r, g, b] = [0, 1, 2].map(|channel| f32::from(pixel[channel]));
    let alpha = pixel.get(3).map_or(1.0, |alpha| f32::from(*alpha) / 255.0);
    (0.299 * r + 0.587 * g + 0.114 * b) * alpha
}

fn likeness(a: impl Iterator<Item = f64>, b: impl Iterator<Item = f64>) -> f64 {
    let count = (WINDOW * WINDOW) as f64;
    let sums = a.zip(b).fold([0.0; 5], |[sa, sb, saa, sbb, sab], (a, b)| {
        [sa + a, sb + b, saa + a * a, sbb + b * b, sab + a * b]
    });
    let [ma, mb, maa, mbb, mab] = sums.map(|sum| sum / count);
    let (va, vb, cov) = (maa - ma * ma, mbb - mb * mb, mab - ma * mb);
    (2.0 * ma * mb + C1) * (2.0 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_picture_is_like_itself_and_less_like_another() {
        let grey = Grey::of(&sample::photo(64, 48));
        assert!((grey.ssim(&grey).expect("sizes agree") - 1.0).abs() < 1e-9);
        let dimmed = Grey {
            width: grey.width,
            values: grey.values.iter().map(|value| value * 0.5).collect(),
        };
        assert!(grey.ssim(&dimmed).expect("sizes agree") < 0.9);
    }
}
