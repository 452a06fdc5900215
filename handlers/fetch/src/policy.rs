//! What may be fetched.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::range::{is_isatap, is_public};

/// What may be fetched, and where names are looked up.
#[derive(Debug, Clone)]
pub struct Policy {
    reach: Reach,
    allowed: Vec<IpNet>,
    ports: Vec<u16>,
    hosts: Option<Vec<String>>,
    resolver: Option<SocketAddr>,
    roots: Vec<rustls::pki_types::CertificateDer<'static>>,
}

/// Which addresses there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Those of the public internet.
    Public,
    /// All.
    Anywhere,
}

/// How much may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body.
    pub bytes: u64,
    /// From the first look-up to the last byte.
    pub time: Duration,
    /// Redirects that are followed.
    pub redirects: u8,
}

impl Default for Limits {
    /// 5 MiB in 30 seconds over 5 redirects.
    fn default() -> Self {
        Self {
            bytes: 5 << 20,
            time: Duration::from_secs(30),
            redirects: 5,
        }
    }
}

impl Policy {
    /// What a stranger may name: public addresses, ports 80 and 443.
    pub fn public() -> Self {
        Self {
            reach: Reach::Public,
            allowed: Vec::new(),
            ports: vec![80, 443],
            hosts: None,
            resolver: None,
            roots: Vec::new(),
        }
    }

    /// What the operator has written: any address and any port.
    pub fn operator() -> Self {
        Self {
            reach: Reach::Anywhere,
            ports: Vec::new(),
            ..Self::public()
        }
    }

    /// Lets addresses through that are special.
    #[must_use]
    pub fn allow(mut self, range: IpNet) -> Self {
        self.allowed.push(range);
        self
    }

    /// Lets a port through.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// Lets no other hosts through than these: names, or `*.example.com` for all below it.
    #[must_use]
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        let lower = hosts.into_iter().map(|host| host.to_ascii_lowercase());
        self.hosts = Some(lower.collect());
        self
    }

    /// Looks names up there instead of where the system does.
    #[must_use]
    pub fn resolver(mut self, at: SocketAddr) -> Self {
        self.resolver = Some(at);
        self
    }

    /// Trusts a certificate beside the system's.
    #[must_use]
    pub fn trust(mut self, root: rustls::pki_types::CertificateDer<'static>) -> Self {
        self.roots.push(root);
        self
    }

    pub(crate) fn allows_address(&self, address: IpAddr) -> bool {
        let canonical = address.to_canonical();
        let is_allowed = self.allowed.iter().any(|range| range.contains(&canonical));
        is_allowed || self.reach == Reach::Anywhere || is_plain(address)
    }

    pub(crate) fn allows_port(&self, port: u16) -> bool {
        self.ports.is_empty() || self.ports.contains(&port)
    }

    pub(crate) fn allows_host(&self, host: &str) -> bool {
        let Some(hosts) = &self.hosts else {
            return true;
        };
        hosts
            .iter()
            .any(|allowed| match allowed.strip_prefix("*.") {
                Some(parent) => host
                    .strip_suffix(parent)
                    .is_some_and(|rest| rest.ends_with('.')),
                None => allowed == host,
            })
    }

    /// Whether names that stand for something inside are refused.
    pub(crate) fn is_public(&self) -> bool {
        self.reach == Reach::Public
    }

    pub(crate) fn resolver_at(&self) -> Option<SocketAddr> {
        self.resolver
    }

    pub(crate) fn roots(&self) -> &[rustls::pki_types::CertificateDer<'static>] {
        &self.roots
    }
}

/// Public, and not a way to an IPv4 address.
fn is_plain(address: IpAddr) -> bool {
    let carries = matches!(address, IpAddr::V6(address) if is_isatap(address));
    is_public(address) && !carries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_allowed_by_its_name_or_from_above() {
        let policy = Policy::public().hosts(["api.example.com".into(), "*.CDN.example".into()]);
        for host in ["api.example.com", "a.cdn.example", "a.b.cdn.example"] {
            assert!(policy.allows_host(host), "{host}");
        }
        for host in [
            "example.com",
            "cdn.example",
            "evilcdn.example",
            "api.example.com.evil",
        ] {
            assert!(!policy.allows_host(host), "{host}");
        }
    }

    #[test]
    fn an_allowed_range_counts_in_every_spelling() {
        let policy = Policy::public().allow("127.0.0.2/32".parse().unwrap());
        assert!(policy.allows_address("127.0.0.2".parse().unwrap()));
        assert!(policy.allows_address("::ffff:127.0.0.2".parse().unwrap()));
        assert!(!policy.allows_address("127.0.0.1".parse().unwrap()));
        assert!(!policy.allows_address("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!policy.allows_address("2a00::5efe:7f00:1".parse().unwrap()));
        assert!(Policy::operator().allows_address("10.0.0.1".parse().unwrap()));
    }
}
