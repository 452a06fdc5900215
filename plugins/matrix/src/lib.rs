//! Matrix as a channel: a homeserver is asked for what is new, and told what to say.
//!
//! Everything but [`host`](overgrow_sdk::host)'s glue is plain and tested natively. The surprise: there is no
//! end-to-end encryption here, so an encrypted room is neither read nor answered.

pub mod event;
pub mod location;
pub mod markdown;
pub mod names;
pub mod policy;
pub mod poll;
pub mod sanitize;
pub mod settings;
pub mod trouble;
