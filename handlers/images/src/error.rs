//! What may be wrong with an image, in words that may be shown to whoever sent it.

use crate::Format;

/// Why there is no result. None of these is cured by asking again, but [`Busy`](Self::Busy).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The bytes are no image of a format known here.
    #[error("not a JPEG, PNG, WebP, GIF or AVIF image")]
    Unknown,
    /// HEIC, whose decoder cannot be shipped.
    #[error(
        "HEIC images cannot be decoded here: send a JPEG, or set the camera to \"Most Compatible\""
    )]
    Heic,
    /// A known format that cannot be used for what was asked.
    #[error("{format} images cannot be {asked} here")]
    Unsupported {
        /// The format of the image, or the one asked for.
        format: Format,
        /// What was asked, as a participle: `decoded`.
        asked: &'static str,
    },
    /// More pixels than [`Limits::pixels`](crate::Limits::pixels), by the image's own account.
    #[error("the image has {pixels} pixels, more than the {limit} allowed")]
    Pixels {
        /// Width times height.
        pixels: u64,
        /// The limit it passes.
        limit: u64,
    },
    /// Decoding it would take more than [`Limits::memory`](crate::Limits::memory).
    #[error("decoding the image takes {bytes} bytes, more than the {limit} allowed")]
    Memory {
        /// What decoding would take.
        bytes: u64,
        /// The limit it passes.
        limit: u64,
    },
    /// More passes over the image than any honest encoder writes: each costs as much time as the whole image.
    #[error("the image has {scans} scans, more than the {limit} allowed")]
    Scans {
        /// How many it has.
        scans: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The bytes end early or contradict themselves.
    #[error("broken {format} image: {reason}")]
    Broken {
        /// What it seemed to be.
        format: Format,
        /// What the decoder said.
        reason: String,
    },
    /// The result could not be written in this format.
    #[error("cannot encode as {format}: {reason}")]
    Encode {
        /// The format asked for.
        format: Format,
        /// What the encoder said.
        reason: String,
    },
    /// Larger than the cap, and nothing that is done here makes it smaller. The text is the legacy's.
    #[error("{label} exceeds {cap}MB limit (got {got}MB)")]
    OverCap {
        /// `Media` or `GIF`.
        label: &'static str,
        /// The cap in whole MiB, as shown.
        cap: String,
        /// The size in MiB with two digits, as shown.
        got: String,
    },
    /// Still larger than the cap on the ladder's last rung. The text is the legacy's.
    #[error("Media could not be reduced below {cap}MB (got {got}MB)")]
    Irreducible {
        /// The cap in whole MiB, as shown.
        cap: String,
        /// The smallest size that was reached, in MiB with two digits.
        got: String,
    },
    /// As many images are under way and waiting as the limits allow; worth asking again.
    #[error("too many images are being worked on")]
    Busy,
    /// The caller no longer waits, so the work was not finished.
    #[error("nobody waits for the image any more")]
    Abandoned,
    /// A codec panicked. The image is at fault, and nobody else is affected.
    #[error("a codec failed on the image: {0}")]
    Panicked(String),
}
