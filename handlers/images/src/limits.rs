//! What one image, and all of them together, may cost.
//!
//! Memory is judged by what a decoder is known to allocate for the size an image claims, before it allocates. The
//! surprise: the most that all images take is `workers` times `memory`, and what waits holds only its encoded bytes.

use crate::ImageError;

/// The bounds of [`Images`](crate::Images) and of every function that decodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many images are worked on at once. 0 counts as 1.
    pub workers: usize,
    /// How many more may wait; one more is refused with [`ImageError::Busy`].
    pub queue: usize,
    /// Pixels of one image.
    pub pixels: u64,
    /// Bytes that decoding one image may take, beside its encoded form.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // An image keeps a core busy; the other one is for those who do not send images.
            workers: 1,
            queue: 64,
            // A 48 Mpx telephone camera passes.
            pixels: 50_000_000,
            memory: 512 << 20,
        }
    }
}

impl Limits {
    /// Refuses an image by its size alone.
    pub(crate) fn admit_pixels(&self, width: u32, height: u32) -> Result<(), ImageError> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels {
            return Err(ImageError::Pixels {
                pixels,
                limit: self.pixels,
            });
        }
        Ok(())
    }

    /// Refuses what would take too much memory.
    pub(crate) fn admit_memory(&self, bytes: u64) -> Result<(), ImageError> {
        if bytes > self.memory {
            return Err(ImageError::Memory {
                bytes,
                limit: self.memory,
            });
        }
        Ok(())
    }
}
