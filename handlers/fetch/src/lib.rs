//! Fetches what a stranger named, without being led into the house.
//!
//! A URL passes through here in this order: [`Policy`] lets its host and port through, all addresses of its name are
//! judged ([`judge`]), the connection is made to one of them and nothing else, each redirect starts over, and what
//! comes back is counted, not believed. It knows no handler and no media. The surprise: operators' own addresses go
//! the same way, under a policy that lets them through.

mod ask;
mod connect;
mod error;
mod exchange;
mod fetcher;
mod policy;
mod range;
mod redirect;
mod resolve;
mod sniff;
mod stream;
mod target;

pub use error::{Blame, FetchError};
pub use fetcher::{Fetched, Fetcher, Limits, Outcome};
pub use policy::{Downgrade, Policy};
pub use range::{Range, Verdict, judge};
pub use sniff::sniff;
pub use stream::Streamed;
