//! Matrix as a channel: a homeserver is asked for what is new, and told what to say.
//!
//! Everything but the glue to the host is plain and tested natively. The surprise: there is no end-to-end encryption
//! here, so an encrypted room is neither read nor answered.

pub mod chunk;
pub mod client;
pub mod content;
#[cfg(test)]
mod double;
pub mod event;
pub mod hearing;
pub mod location;
pub mod markdown;
pub mod names;
pub mod policy;
pub mod poll;
pub mod rooms;
pub mod sanitize;
pub mod session;
pub mod settings;
pub mod sync;
pub mod trouble;
pub mod watch;
pub mod world;
