//! Who is asking: the client's address behind trusted proxies, the request id, and what the peer may command.
//!
//! Two kinds of trust, not to be confused. A *trusted proxy* is one of `[server].trusted_proxies`: its
//! `X-Forwarded-*` are believed. A *trusted peer* is one of those or any process on loopback: it may name the
//! request, force a side and ask for debug headers.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use overgrow_handler::RequestId;

use super::seen::{Kind, Seen};
use crate::admit::Visitor;
use crate::listen::Peer;
use crate::route::Side;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The client, after trusted proxies.
    pub client: IpAddr,
    /// Names the request.
    pub request_id: RequestId,
    /// The side a trusted peer asked for.
    pub forced: Option<Side>,
    /// Whether a trusted peer wants to be told which route and side answered.
    pub(super) wants_debug: bool,
    /// Whether the peer's forwarding headers are believed.
    pub is_proxy: bool,
    /// Whether the peer is on this machine.
    pub is_loopback: bool,
}

impl Caller {
    /// Reads the peer's address and headers; draws a request id when none is taken over.
    pub(super) fn identify(
        peer: &Peer,
        headers: &HeaderMap,
        seen: Seen,
        proxies: &[IpNet],
    ) -> Self {
        let address = peer.address.ip().to_canonical();
        let is_proxy = is_in(proxies, address);
        let is_loopback = address.is_loopback();
        let trusted = is_proxy || is_loopback;
        let told = |kind, name: &str| {
            let may = trusted && seen.has(kind);
            may.then(|| headers.get(name)).flatten()
        };
        let request_id = told(Kind::RequestId, "x-request-id").and_then(RequestId::accept);
        Self {
            peer: address,
            client: if is_proxy {
                client_behind(headers, proxies, address)
            } else {
                address
            },
            request_id: request_id.unwrap_or_else(|| RequestId::from_bits(fastrand::u128(..))),
            forced: told(Kind::Ours, "x-overgrow-backend").and_then(Side::from_header),
            wants_debug: told(Kind::Ours, "x-overgrow-debug").is_some_and(|value| value == "1"),
            is_proxy,
            is_loopback,
        }
    }

    /// Who asks to be let in.
    pub(super) fn visitor(&self, peer: &Peer, headers: &HeaderMap) -> Visitor {
        let forwarded = headers.get("x-forwarded-proto").filter(|_| self.is_proxy);
        let secure = match forwarded {
            Some(proto) => proto.as_bytes().eq_ignore_ascii_case(b"https"),
            None => peer.tls,
        };
        Visitor {
            scheme: if secure { "https" } else { "http" },
            peer: self.peer,
            client: self.client,
        }
    }
}

fn is_in(nets: &[IpNet], address: IpAddr) -> bool {
    nets.iter().any(|net| net.contains(&address))
}

/// The last address in the chain that is not a trusted proxy's: what stands to the left of it may be invented.
fn client_behind(headers: &HeaderMap, proxies: &[IpNet], peer: IpAddr) -> IpAddr {
    let mut client = peer;
    // What is no text is read all the same: a client could else make a proxy's whole line void, and pass for the proxy.
    let lines = headers.get_all("x-forwarded-for").iter();
    let lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    let hops = lines.iter().flat_map(|line| line.split(','));
    for hop in hops.map(str::trim).rev() {
        let Some(address) = address_of(hop) else {
            break;
        };
        client = address;
        if !is_in(proxies, address) {
            break;
        }
    }
    client
}

/// An address, with or without a port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').split(']').next().unwrap_or(hop);
    let parsed = hop.parse::<IpAddr>().or_else(|_| bare.parse());
    let parsed = parsed.or_else(|_| {
        hop.parse::<std::net::SocketAddr>()
            .map(|address| address.ip())
    });
    parsed.ok().map(|address| address.to_canonical())
}

impl Side {
    fn from_header(value: &HeaderValue) -> Option<Self> {
        match value.as_bytes() {
            b"rust" => Some(Self::Rust),
            b"legacy" => Some(Self::Legacy),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(peer: &str, headers: &[(&'static str, &str)], proxies: &[&str]) -> Caller {
        let proxies: Vec<IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let headers = headers.iter().map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        let peer = Peer::new(format!("{peer}:1000").parse().unwrap(), false);
        let headers = headers.collect();
        Caller::identify(&peer, &headers, Seen::of(&headers), &proxies)
    }

    fn client(peer: &str, forwarded: &str, proxies: &[&str]) -> String {
        caller(peer, &[("x-forwarded-for", forwarded)], proxies)
            .client
            .to_string()
    }

    #[test]
    fn the_client_is_the_last_hop_no_proxy_vouches_for() {
        assert_eq!(client("10.0.0.1", "8.8.8.8", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", "8.8.8.8", &["10.0.0.0/8"]), "8.8.8.8");
        assert_eq!(
            client("10.0.0.1", "127.0.0.1, 8.8.8.8", &["10.0.0.0/8"]),
            "8.8.8.8"
        );
        assert_eq!(
            client("10.0.0.1", "8.8.8.8, 10.0.0.7", &["10.0.0.0/8"]),
            "8.8.8.8"
        );
        assert_eq!(
            client("10.0.0.1", "junk, 10.0.0.7", &["10.0.0.0/8"]),
            "10.0.0.7"
        );
        assert_eq!(client("10.0.0.1", "junk", &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(
            client("10.0.0.1", "8.8.8.8:555", &["10.0.0.0/8"]),
            "8.8.8.8"
        );
        assert_eq!(
            client("10.0.0.1", "[2001:db8::1]:555", &["10.0.0.0/8"]),
            "2001:db8::1"
        );
        assert_eq!(client("127.0.0.1", "8.8.8.8", &[]), "127.0.0.1");
        assert_eq!(
            client("[::ffff:10.0.0.1]", "8.8.8.8", &["10.0.0.0/8"]),
            "8.8.8.8"
        );
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_the_hops_behind_them() {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-forwarded-for"),
            HeaderValue::from_bytes(b"\xff, 8.8.8.8").unwrap(),
        )]);
        let peer = Peer::new("127.0.0.1:1000".parse().unwrap(), false);
        let proxies = ["127.0.0.0/8".parse().unwrap()];
        let caller = Caller::identify(&peer, &headers, Seen::of(&headers), &proxies);
        assert_eq!(caller.client.to_string(), "8.8.8.8");
    }

    #[test]
    fn only_trusted_peers_name_requests_and_force_sides() {
        let headers = [("x-request-id", "mine"), ("x-overgrow-backend", "rust")];
        for peer in ["127.0.0.1", "10.0.0.1"] {
            let trusted = caller(peer, &headers, &["10.0.0.0/8"]);
            assert_eq!(
                (trusted.request_id.as_str(), trusted.forced),
                ("mine", Some(Side::Rust))
            );
        }
        let stranger = caller("192.0.2.1", &headers, &["10.0.0.0/8"]);
        assert_ne!(stranger.request_id.as_str(), "mine");
        assert_eq!(stranger.forced, None);
    }

    #[test]
    fn an_unknown_side_forces_nothing() {
        assert_eq!(
            caller("127.0.0.1", &[("x-overgrow-backend", "node")], &[]).forced,
            None
        );
    }
}
