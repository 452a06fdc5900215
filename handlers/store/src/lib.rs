//! Keeps media files: a folder or an S3-compatible store.

mod id;
pub mod mime;
pub mod name;
mod sniff;

pub use id::{MediaId, NotAnId};
