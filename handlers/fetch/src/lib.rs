//! Fetches what a stranger named, without being led into the house.
//!
//! An address is read as browsers read it, its name looked up once, every answer checked against the registries of
//! special addresses, and the connection made to one of those answers; each redirect begins anew. It must not know who
//! wants it or what for. The surprise: one address inside among several refuses the name.

mod connect;
mod error;
mod exchange;
mod fetcher;
mod policy;
pub mod range;
mod resolve;
mod sniff;
mod target;

pub use error::FetchError;
pub use fetcher::{Fetched, Fetcher, Reply};
pub use policy::{Limits, Policy};
pub use sniff::sniff;
pub use target::Target;
