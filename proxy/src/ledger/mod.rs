//! The ledger: evidence and samples that outlive a restart.
//!
//! It must not know HTTP, sockets or the gateway: what it keeps is text and numbers. The surprise: nothing that is
//! stored or shown leaves this room before [`redact`] has gone over it.

pub mod redact;
#[allow(dead_code, unused_imports, reason = "its writer comes next")]
mod store;

pub use self::store::{Filter, LedgerError, Limits};
