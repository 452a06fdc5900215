//! Keeps media files: a folder or an S3-compatible store.
//!
//! A [`Store`] reads a file, lets exactly one caller claim it, saves new ones under a cap and sweeps what is over its time.
//! What changes the world goes through [`Effects`](overgrow_handler::Effects). It must not know HTTP's routes and answers; it
//! does know what files are called ([`name`]) and of what type they are ([`mime`]), because saving needs both.

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
pub use objects::{Keys, NotS3, S3};
pub use shelf::Shelf;
pub use store::{Held, Limits, New, Saved, Store};
