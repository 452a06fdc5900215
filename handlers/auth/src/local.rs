//! Says where a request comes from: the client's address behind trusted proxies, and whether it is this machine.
//!
//! It must not know credentials. The surprise: the legacy believes the *leftmost* address that a trusted proxy hands
//! on, which the client wrote itself when the proxy appends. [`Reading::Strict`] does not.

use std::net::IpAddr;

use http::Uri;
use http::header::{HOST, HeaderMap};
use ipnet::IpNet;

use crate::headers;

/// What a request says of where it comes from, and who really sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The host asked for, port and all.
    pub host: String,
    /// `X-Forwarded-*` and `X-Real-IP`.
    pub forwarded: Forwarded,
}

/// What proxies add; never empty texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// `X-Forwarded-For`, all of it.
    pub chain: Option<String>,
    /// `X-Real-IP`.
    pub real_ip: Option<String>,
    /// `X-Forwarded-Host`.
    pub host: Option<String>,
    /// `X-Forwarded-Proto`.
    pub proto: Option<String>,
}

/// The proxies whose word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

/// How a chain of addresses is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As the legacy does it: the leftmost address is the client.
    Legacy,
    /// The rightmost address that is no trusted proxy is the client, and a request is local only when *every* address
    /// in it is this machine's.
    Strict,
}

impl Origin {
    /// Reads it off a request; HTTP/2 names the host in the target.
    pub fn of(peer: IpAddr, headers: &HeaderMap, uri: &Uri) -> Self {
        let named = || uri.authority().map(|name| name.as_str().to_owned());
        Self {
            peer,
            host: headers::first(headers, HOST)
                .or_else(named)
                .unwrap_or_default(),
            forwarded: Forwarded::of(headers),
        }
    }

    /// The client's address; `None` when a trusted proxy names something that is no address.
    pub fn client(&self, proxies: &Proxies, reading: Reading) -> Option<IpAddr> {
        if !proxies.trust(self.peer) {
            return Some(self.peer.to_canonical());
        }
        let Some(named) = self.forwarded.named(proxies, reading) else {
            return Some(self.peer.to_canonical());
        };
        address(named)
    }

    /// Whether the client is on this machine and asked for this machine (or a tailnet name): those need no pairing.
    pub fn is_local_direct(&self, proxies: &Proxies, reading: Reading) -> bool {
        let client = self.client(proxies, reading);
        let believed = !self.forwarded.names_a_client() || proxies.trust(self.peer);
        client.is_some_and(|client| client.is_loopback())
            && is_local_name(host_name(&self.host))
            && believed
            && (reading == Reading::Legacy || self.forwarded.is_all_loopback())
    }

    /// Whether the other end of the connection is this machine.
    pub fn is_loopback(&self) -> bool {
        self.peer.to_canonical().is_loopback()
    }
}

impl Forwarded {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers::joined(headers, name).filter(|text| !text.is_empty());
        Self {
            chain: text("x-forwarded-for"),
            real_ip: text("x-real-ip"),
            host: text("x-forwarded-host"),
            proto: text("x-forwarded-proto"),
        }
    }

    /// The first address of the chain, as a trusted proxy names it.
    pub fn leftmost(&self) -> Option<&str> {
        self.entries().next().filter(|entry| !entry.is_empty())
    }

    fn named(&self, proxies: &Proxies, reading: Reading) -> Option<&str> {
        let chained = match reading {
            Reading::Legacy => self.leftmost(),
            Reading::Strict => self.nearest(proxies),
        };
        chained.or(self.real_ip.as_deref())
    }

    /// The address nearest to us that is no proxy of ours, else the farthest.
    fn nearest(&self, proxies: &Proxies) -> Option<&str> {
        let ours = |entry: &&str| address(entry).is_some_and(|entry| proxies.trust(entry));
        let mut back = self.entries().rev().filter(|entry| !entry.is_empty());
        back.find(|entry| !ours(entry)).or_else(|| self.leftmost())
    }

    fn entries(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.chain
            .iter()
            .flat_map(|chain| chain.split(','))
            .map(str::trim)
    }

    fn names_a_client(&self) -> bool {
        self.chain.is_some() || self.real_ip.is_some() || self.host.is_some()
    }

    fn is_all_loopback(&self) -> bool {
        let mut named = self.entries().chain(self.real_ip.as_deref());
        named.all(|entry| address(entry).is_some_and(|entry| entry.is_loopback()))
    }
}

impl Proxies {
    /// Takes addresses and CIDRs as they are written; what is neither is left out, for nobody can come from there.
    pub fn new<T: AsRef<str>>(written: impl IntoIterator<Item = T>) -> Self {
        let parse = |text: T| network(text.as_ref().trim());
        Self(written.into_iter().filter_map(parse).collect())
    }

    /// Whether this address is one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address.to_canonical())),
        Err(_) => text.parse().ok(),
    }
}

/// An address with or without brackets and port.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => text,
    };
    let plain = inner.parse::<IpAddr>().ok();
    plain
        .or_else(|| without_port(inner))
        .map(|address| address.to_canonical())
}

fn without_port(text: &str) -> Option<IpAddr> {
    let (name, _) = text.split_once(':')?;
    name.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4)
}

fn is_local_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(&*name, "localhost" | "127.0.0.1" | "::1") || name.ends_with(".ts.net")
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    let host = host.trim();
    if let Some((inner, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inner;
    }
    host.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn origin(peer: &str, lines: &[(&str, &str)]) -> Origin {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
            .entry(HOST)
            .or_insert(HeaderValue::from_static("127.0.0.1:18789"));
        Origin::of(peer.parse().unwrap(), &headers, &Uri::from_static("/"))
    }

    const XFF: &str = "x-forwarded-for";

    /// `legacy` is what was measured at the real gateway with `trustedProxies: ["127.0.0.1"]`.
    fn check(lines: &[(&str, &str)], legacy: bool, strict: bool) {
        let origin = origin("127.0.0.1", lines);
        let proxies = Proxies::new(["127.0.0.1"]);
        assert_eq!(
            origin.is_local_direct(&proxies, Reading::Legacy),
            legacy,
            "{lines:?}"
        );
        assert_eq!(
            origin.is_local_direct(&proxies, Reading::Strict),
            strict,
            "{lines:?}"
        );
    }

    #[test]
    fn who_is_local_behind_a_trusted_proxy_is_what_was_measured() {
        check(&[], true, true);
        check(&[(XFF, "127.0.0.1")], true, true);
        check(&[(XFF, "8.8.8.8")], false, false);
        check(&[(XFF, "127.0.0.1, 8.8.8.8")], true, false);
        check(&[(XFF, "8.8.8.8, 127.0.0.1")], false, false);
        check(&[("host", "example.com")], false, false);
        check(&[("host", "box.ts.net")], true, true);
        check(&[("x-real-ip", "8.8.8.8")], false, false);
    }

    #[test]
    fn strict_believes_no_chain_with_a_stranger_in_it() {
        check(&[(XFF, "8.8.8.8, 127.0.0.5")], false, false);
        check(&[(XFF, "127.0.0.1"), (XFF, "8.8.8.8")], true, false);
        check(&[(XFF, "127.0.0.1"), ("x-real-ip", "8.8.8.8")], true, false);
        check(&[(XFF, "unknown")], false, false);
        check(&[(XFF, "127.0.0.1, unknown")], true, false);
        check(&[("x-forwarded-host", "example.com")], true, true);
    }

    #[test]
    fn without_trusted_proxies_a_forwarded_request_is_not_local() {
        let none = Proxies::default();
        let local = |peer: &str, lines: &[(&str, &str)]| {
            origin(peer, lines).is_local_direct(&none, Reading::Legacy)
        };
        assert!(local("127.0.0.1", &[]));
        assert!(local("::1", &[("host", "[::1]:18789")]));
        assert!(local("::ffff:127.0.0.1", &[("host", "LOCALHOST")]));
        assert!(local("127.9.9.9", &[(XFF, "")]));
        assert!(!local("127.0.0.1", &[(XFF, "127.0.0.1")]));
        assert!(!local("127.0.0.1", &[("x-real-ip", "127.0.0.1")]));
        assert!(!local("127.0.0.1", &[("x-forwarded-host", "localhost")]));
        assert!(!local("192.0.2.1", &[]));
        assert!(!local("127.0.0.1", &[("host", "")]));
        assert!(!local("127.0.0.1", &[("host", "localhost.example.com")]));
    }

    #[test]
    fn clients_are_named_by_trusted_proxies_only() {
        let check =
            |peer: &str, lines: &[(&str, &str)], legacy: Option<&str>, strict: Option<&str>| {
                let proxies =
                    Proxies::new(["10.0.0.0/8", "::ffff:192.0.2.9", "fd00::/8", "nonsense"]);
                let origin = origin(peer, lines);
                let client = |reading| {
                    origin
                        .client(&proxies, reading)
                        .map(|client| client.to_string())
                };
                assert_eq!(client(Reading::Legacy).as_deref(), legacy, "{lines:?}");
                assert_eq!(client(Reading::Strict).as_deref(), strict, "{lines:?}");
            };
        let both = |peer, lines, expect| check(peer, lines, Some(expect), Some(expect));
        both("203.0.113.1", &[(XFF, "8.8.8.8")], "203.0.113.1");
        both("10.1.1.1", &[(XFF, "8.8.8.8:4711")], "8.8.8.8");
        both("192.0.2.9", &[(XFF, "[2001:db8::1]:80")], "2001:db8::1");
        both("fd00::1", &[(XFF, "::ffff:8.8.8.8")], "8.8.8.8");
        both("10.1.1.1", &[("x-real-ip", "8.8.4.4")], "8.8.4.4");
        both(
            "10.1.1.1",
            &[(XFF, ","), ("x-real-ip", "8.8.4.4")],
            "8.8.4.4",
        );
        both("10.1.1.1", &[], "10.1.1.1");
        check(
            "10.1.1.1",
            &[(XFF, "1.1.1.1, 8.8.8.8, 10.2.2.2")],
            Some("1.1.1.1"),
            Some("8.8.8.8"),
        );
        check(
            "10.1.1.1",
            &[(XFF, "10.3.3.3, 10.2.2.2")],
            Some("10.3.3.3"),
            Some("10.3.3.3"),
        );
        check("10.1.1.1", &[(XFF, "unknown")], None, None);
    }

    #[test]
    fn http2_names_the_host_in_the_target() {
        let uri = Uri::from_static("http://localhost:1/x");
        let origin = Origin::of(IpAddr::from([127, 0, 0, 1]), &HeaderMap::new(), &uri);
        assert_eq!(origin.host, "localhost:1");
    }
}
