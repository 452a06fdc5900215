//! Who stays on one side of a split, and the draw that decides it.
//!
//! The draw is `xxh3_64(route id ‖ key) mod 10 000`: salted by the route, so that the same clients are not the canaries
//! everywhere, and compared with the dial, so that raising it only moves clients toward rust. It knows neither dial nor
//! clock, and randomness is handed in. The one surprise: an empty value counts as no key, or all clients that send
//! `x-user:` without a user would move as one.

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{RequestHead, query};

/// Ids and keys are nearly always shorter together; the streaming state for the rest is more than twice as large and
/// several times as slow to set up.
const BUFFER: usize = 256;

/// Who stays on one side of a split.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sticky {
    /// Nobody: each request draws afresh.
    #[default]
    Request,
    /// The client's address.
    ClientIp,
    /// The value of a header.
    Header(HeaderName),
    /// The value of a cookie.
    Cookie(String),
    /// The value of a query parameter.
    Query(String),
}

/// What a draw was made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// Chance, as the rule asks for.
    Request,
    /// Chance, because the request lacks the rule's sticky key or has it empty.
    Missing,
    /// The client's address.
    ClientIp,
    /// The header's first value.
    Header,
    /// The first cookie of that name.
    Cookie,
    /// The first parameter of that name.
    Query,
}

impl Key {
    /// Whether chance alone decided.
    pub fn is_fresh(self) -> bool {
        matches!(self, Self::Request | Self::Missing)
    }

    /// A word for people and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Missing => "missing",
            Self::ClientIp => "client-ip",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Query => "query",
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Sticky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request => f.write_str("request"),
            Self::ClientIp => f.write_str("client-ip"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Cookie(name) => write!(f, "cookie {name}"),
            Self::Query(name) => write!(f, "query {name}"),
        }
    }
}

impl Sticky {
    /// Draws in 0..10 000 for one request; `fresh` is used where no key binds it.
    pub(super) fn draw(&self, id: &str, head: &RequestHead<'_>, fresh: u64) -> (u16, Key) {
        let (key, by) = match self {
            Self::Request => (None, Key::Request),
            Self::ClientIp => return (address(id, head.client), Key::ClientIp),
            Self::Header(name) => (
                header_value(head.headers, name).map(Cow::Borrowed),
                Key::Header,
            ),
            Self::Cookie(name) => (cookie(head.headers, name).map(Cow::Borrowed), Key::Cookie),
            Self::Query(name) => (
                head.query.and_then(|sent| query::value_of(sent, name)),
                Key::Query,
            ),
        };
        match (key, by) {
            (Some(key), by) if !key.is_empty() => (salted(id, &key), by),
            (_, Key::Request) => (salted(id, &fresh.to_le_bytes()), Key::Request),
            _ => (salted(id, &fresh.to_le_bytes()), Key::Missing),
        }
    }
}

/// An IPv4 client keeps its side when a dual-stack listener reports it as `::ffff:a.b.c.d`.
fn address(id: &str, client: IpAddr) -> u16 {
    match client.to_canonical() {
        IpAddr::V4(address) => salted(id, &address.octets()),
        IpAddr::V6(address) => salted(id, &address.octets()),
    }
}

fn header_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    headers.get(name).map(|value| value.as_bytes())
}

/// HTTP/2 clients may send several `cookie` headers.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let all = headers.get_all(header::COOKIE).iter();
    let mut pairs = all.flat_map(|value| value.as_bytes().split(|&byte| byte == b';'));
    pairs.find_map(|pair| {
        pair.trim_ascii()
            .strip_prefix(name.as_bytes())?
            .strip_prefix(b"=")
    })
}

fn salted(id: &str, key: &[u8]) -> u16 {
    let length = id.len() + key.len();
    let hash = if length <= BUFFER {
        let mut buffer = [0; BUFFER];
        buffer[..id.len()].copy_from_slice(id.as_bytes());
        buffer[id.len()..length].copy_from_slice(key);
        xxh3_64(&buffer[..length])
    } else {
        streamed(id, key)
    };
    (hash % 10_000) as u16
}

fn streamed(id: &str, key: &[u8]) -> u64 {
    let mut state = Xxh3::new();
    state.update(id.as_bytes());
    state.update(key);
    state.digest()
}

#[cfg(test)]
mod tests;
