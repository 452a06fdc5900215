//! Which rule takes a request and which side answers it.
//!
//! Everything here is a plain function of its arguments: no bodies, no sockets, no clock, no randomness. The one
//! surprise: the path it matches is the one the legacy's URL parser would see, not the bytes on the wire.

mod authority;
mod dial;
mod draw;
mod host;
mod matcher;
mod mover;
pub mod path;
mod pattern;
mod query;
mod reach;
mod table;
mod trie;

use std::net::IpAddr;

use http::{HeaderMap, Method};

pub use dial::Dial;
pub use draw::{Key, Sticky};
pub use host::HostPattern;
pub use matcher::Match;
pub use mover::{By, Nobody};
pub use pattern::{Pattern, PatternError};
pub use reach::{Unreachable, unreachable};
pub use table::{Because, Decision, Rule, Table};

/// Which backend answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The service being replaced.
    Legacy,
    /// The native handler.
    Rust,
}

impl Side {
    /// `legacy` or `rust`: the label in metrics, logs and headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Rust => "rust",
        }
    }

    /// The one that is not this one.
    pub const fn other(self) -> Self {
        match self {
            Self::Legacy => Self::Rust,
            Self::Rust => Self::Legacy,
        }
    }
}

/// What the decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// Method.
    pub method: &'a Method,
    /// `Host` or `:authority` as sent, port included.
    pub host: Option<&'a str>,
    /// Path after WHATWG normalisation, see [`path::of_request`].
    pub path: &'a str,
    /// Query without the `?`.
    pub query: Option<&'a str>,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// Whether it is a WebSocket upgrade.
    pub websocket: bool,
    /// The client's address after trusted proxies.
    pub client: IpAddr,
    /// The side a trusted peer asked for.
    pub forced: Option<Side>,
}

#[cfg(test)]
mod arbitrary;
