//! Keeps media files: a folder or an S3-compatible store.

mod id;
pub mod name;

pub use id::{MediaId, NotAnId};
