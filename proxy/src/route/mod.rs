//! Which rule takes a request and which side answers it.
//!
//! Everything here is a plain function of its arguments: no bodies, no sockets, no clock, no randomness. The one
//! surprise: the path it matches is the one the legacy's URL parser would see, not the bytes on the wire.

mod authority;
pub mod path;

use std::net::IpAddr;

use http::{HeaderMap, Method};

/// Which backend answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The service being replaced.
    Legacy,
    /// The native handler.
    Rust,
}

/// Share of requests for the rust side in hundredths of a percent, 0 to 10 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dial(u16);

/// What a rule takes; all of it must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Match {
    /// As written in the file: `/a/b`, `/a/{name}`, `/a/*`.
    pub path: String,
    /// Allowed methods; empty: all.
    pub methods: Vec<Method>,
    /// Allowed host.
    pub host: Option<HostPattern>,
    /// Headers that must be present; `Some` value: and equal.
    pub headers: Vec<(http::HeaderName, Option<String>)>,
    /// Query parameters that must be present; `Some` value: and equal.
    pub query: Vec<(String, Option<String>)>,
    /// `Some(true)`: only WebSocket upgrades; `Some(false)`: never upgrades.
    pub websocket: Option<bool>,
}

/// The `host` of a match, in lower case and without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// The whole name.
    Exact(String),
    /// `*.example.com`, kept as `.example.com`: any name that ends so, at least one label before it.
    Suffix(String),
}

/// Who stays on one side of a split.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sticky {
    /// Nobody: each request draws afresh.
    #[default]
    Request,
    /// The client's address.
    ClientIp,
    /// The value of a header.
    Header(http::HeaderName),
    /// The value of a cookie.
    Cookie(String),
    /// The value of a query parameter.
    Query(String),
}

/// What the decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// Method.
    pub method: &'a Method,
    /// `Host` or `:authority` as sent, port included.
    pub host: Option<&'a str>,
    /// Path after WHATWG normalisation.
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
