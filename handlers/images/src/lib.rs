//! Turns, shrinks and re-encodes images under limits.
//!
//! Nothing here knows where an image came from or where it goes: bytes in, bytes out. The surprise: what an image says of
//! itself is read and judged before anything is allocated for it, because a file of a few kilobytes may claim gigabytes.

mod cap;
mod codec;
mod colour;
mod decode;
mod encode;
mod error;
mod format;
mod limits;
mod metadata;
mod orient;
mod parts;
mod picture;
mod pool;
mod reduce;
mod resize;
mod strip;

pub use colour::to_srgb;
pub use decode::{Wanted, decode};
pub use encode::{Effort, Encoding, encode};
pub use error::ImageError;
pub use format::Format;
pub use limits::Limits;
pub use metadata::{Info, inspect};
pub use orient::Orientation;
pub use picture::{Layout, Picture};
pub use pool::{Images, Sent};
pub use reduce::{Declared, Endless, Patience, Reduced, Rung, reduce};
pub use resize::resize;
pub use strip::strip;
