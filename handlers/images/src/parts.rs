//! The parts files of images are made of, without their pixels.
//!
//! PNG and WebP are read by a library; these two are not: its JPEG keeps whatever follows the end of the image, where
//! telephones put films and second pictures with their own place and time, and GIF it does not know.

pub(crate) mod gif;
pub(crate) mod jpeg;
