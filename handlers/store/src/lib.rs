//! Keeps media files: a folder or an S3-compatible store.

mod backend;
mod error;
mod expiry;
mod folder;
mod id;
pub mod mime;
pub mod name;
mod objects;
mod shelf;
mod sniff;
mod store;
mod tally;
mod usage;

pub use error::{StoreError, TakeError};
pub use expiry::Lifetimes;
pub use id::{MediaId, NotAnId};
pub use objects::{NotS3, S3};
pub use shelf::Shelf;
pub use store::{Held, Limits, New, Saved, Store};
