//! Keeps media files: a folder or an S3-compatible store.

mod id;

pub use id::{MediaId, NotAnId};
