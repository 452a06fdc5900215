//! Keeps media files: a folder or an S3-compatible store.

mod backend;
mod error;
mod expiry;
mod folder;
mod id;
pub mod mime;
pub mod name;
mod shelf;
mod sniff;
mod store;
mod usage;

pub use error::{StoreError, TakeError};
pub use expiry::Lifetimes;
pub use id::{MediaId, NotAnId};
pub use shelf::Shelf;
pub use store::{Held, Limits, New, Saved, Store};
