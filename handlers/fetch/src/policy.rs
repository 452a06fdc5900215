//! What may be fetched from where.
//!
//! Only decisions, from names, addresses and ports to a yes or no; it resolves and connects nothing. The surprise: a
//! range that is allowed is allowed as it is written, so that allowing `127.0.0.2/32` does not allow
//! `::ffff:127.0.0.2`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use rustls::pki_types::CertificateDer;

use crate::range::{Range, Verdict, judge};

/// What may be fetched from where.
#[derive(Debug, Clone)]
pub struct Policy {
    reach: Reach,
    allowed: Vec<IpNet>,
    hosts: Option<Vec<String>>,
    ports: Option<Vec<u16>>,
    pub(crate) downgrade: Downgrade,
    pub(crate) resolver: Option<SocketAddr>,
    pub(crate) roots: Vec<CertificateDer<'static>>,
    pub(crate) at_once: usize,
}

/// How far a policy reaches before exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Anywhere,
}

/// What to do about a redirect from https to http.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downgrade {
    /// Do not follow it.
    Refuse,
    /// Follow it as any other.
    Follow,
}

/// Names below which no public host is, or ought to be: reserved ones (RFC 6761, 6762, 7686, 8375, ICANN's `internal`)
/// and those that networks use for themselves so much that ICANN never gives them out (`home`, `corp`), home routers'
/// `lan`, Kubernetes' `svc`; `cluster.local` is below `local`. Clouds' `metadata.google.internal` is below `internal`, their short `metadata`
/// and `instance-data` have no dot.
const INSIDE: [&str; 13] = [
    "localhost",
    "local",
    "internal",
    "localdomain",
    "home.arpa",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "svc",
    "onion",
    "invalid",
];

impl Policy {
    /// Fetches of one [`Fetcher`](crate::Fetcher) at once: enough for a busy gateway, few enough not to be a weapon.
    const AT_ONCE: usize = 32;

    /// For what a stranger named: public addresses, no internal name, ports 80 and 443.
    pub fn public() -> Self {
        Self {
            reach: Reach::Public,
            allowed: Vec::new(),
            hosts: None,
            ports: Some(vec![80, 443]),
            downgrade: Downgrade::Refuse,
            resolver: None,
            roots: Vec::new(),
            at_once: Self::AT_ONCE,
        }
    }

    /// For what the operator wrote in a file of his own: any address, name and port.
    pub fn operator() -> Self {
        Self {
            reach: Reach::Anywhere,
            ports: None,
            ..Self::public()
        }
    }

    /// Allows addresses besides the public ones. A name still has no internal address that is not in one of these.
    #[must_use]
    pub fn allow(mut self, net: IpNet) -> Self {
        self.allowed.push(net);
        self
    }

    /// Allows no host but these: `api.example` itself, `*.example` all below it. It only narrows: an internal name or
    /// address on the list is refused all the same.
    #[must_use]
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let hosts = hosts.into_iter().map(|host| host.into().to_lowercase());
        self.hosts = Some(hosts.collect());
        self
    }

    /// Allows these ports and no other.
    #[must_use]
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = Some(ports.into_iter().collect());
        self
    }

    /// Allows every port, for whoever checks ports himself.
    #[must_use]
    pub fn any_port(mut self) -> Self {
        self.ports = None;
        self
    }

    /// What to do about a redirect from https to http; refused unless told.
    #[must_use]
    pub fn downgrade(mut self, downgrade: Downgrade) -> Self {
        self.downgrade = downgrade;
        self
    }

    /// Asks this resolver instead of the system's, and no hosts file.
    #[must_use]
    pub fn resolver(mut self, resolver: SocketAddr) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Trusts this certificate besides what the system trusts.
    #[must_use]
    pub fn trust(mut self, root: CertificateDer<'static>) -> Self {
        self.roots.push(root);
        self
    }

    /// Fetches at once; what is above waits, within its own time.
    #[must_use]
    pub fn at_once(mut self, fetches: usize) -> Self {
        self.at_once = fetches.max(1);
        self
    }

    /// Whether a host may be asked for, by its name in lower case or by its address, without a dot at the end.
    pub(crate) fn permits_host(&self, host: &str) -> bool {
        let Some(hosts) = &self.hosts else {
            return true;
        };
        hosts.iter().any(|pattern| match pattern.strip_prefix('*') {
            Some(suffix) => suffix.starts_with('.') && host.ends_with(suffix),
            None => host == pattern,
        })
    }

    /// Whether a name, in lower case and without a dot at the end, is none of a network inside.
    pub(crate) fn permits_name(&self, name: &str) -> bool {
        self.reach == Reach::Anywhere || !is_inside(name)
    }

    /// The name as a resolver is asked for it. A stranger's is whole, so that no search list is appended to it; an
    /// operator's may be short.
    pub(crate) fn question(&self, name: &str) -> String {
        match self.reach {
            Reach::Public => format!("{name}."),
            Reach::Anywhere => name.to_owned(),
        }
    }

    pub(crate) fn permits_port(&self, port: u16) -> bool {
        let any = || port != 0;
        self.ports
            .as_ref()
            .map_or_else(any, |ports| ports.contains(&port))
    }

    /// The range for whose sake an address is refused.
    pub(crate) fn refuses(&self, address: IpAddr) -> Option<&'static Range> {
        match judge(address) {
            Verdict::Special(range) if !self.excepts(address) => Some(range),
            _ => None,
        }
    }

    /// Whether a connection that was meant for `meant` may be used. It ends at this very machine when both ends have one address, which
    /// a public address of our own does not show before.
    pub(crate) fn permits_connection(&self, meant: IpAddr, peer: IpAddr, local: IpAddr) -> bool {
        let astray = peer != meant || self.refuses(peer).is_some();
        let here = peer == local && !self.excepts(peer);
        !astray && !here
    }

    /// Whether an address is allowed whatever it is.
    fn excepts(&self, address: IpAddr) -> bool {
        self.reach == Reach::Anywhere || self.allowed.iter().any(|net| net.contains(&address))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::public()
    }
}

/// A name without a dot means something only to the resolver's own network.
fn is_inside(name: &str) -> bool {
    let below = |suffix: &str| {
        name.strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || INSIDE.iter().any(|suffix| below(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_networks_inside_are_known() {
        for inside in [
            "localhost",
            "a.localhost",
            "printer.local",
            "local",
            "internal",
            "metadata.google.internal",
            "metadata",
            "instance-data",
            "kubernetes",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "router.home.arpa",
            "nas.lan",
            "wiki.corp",
            "localhost.localdomain",
            "",
        ] {
            assert!(!Policy::public().permits_name(inside), "{inside}");
            assert!(Policy::operator().permits_name(inside), "{inside}");
        }
    }

    #[test]
    fn names_that_only_look_so_are_not() {
        for outside in [
            "notlocal.example",
            "local.example",
            "mylocal.host",
            "a.notlan",
            "arpa.example",
        ] {
            assert!(Policy::public().permits_name(outside), "{outside}");
        }
    }

    #[test]
    fn a_list_of_hosts_only_narrows() {
        let policy = Policy::public().hosts(["API.example", "*.cdn.example", "*"]);
        assert!(policy.permits_host("api.example"));
        assert!(policy.permits_host("a.b.cdn.example"));
        assert!(!policy.permits_host("cdn.example"));
        assert!(!policy.permits_host("evilcdn.example"));
        assert!(!policy.permits_host("xapi.example"));
        let policy = Policy::public().hosts(["localhost"]);
        assert!(policy.permits_host("localhost") && !policy.permits_name("localhost"));
    }

    #[test]
    fn an_allowed_range_is_allowed_as_it_is_written() {
        let policy = Policy::public().allow("127.0.0.2/32".parse().unwrap());
        let refused = |text: &str| policy.refuses(text.parse().unwrap()).is_some();
        assert!(!refused("127.0.0.2"));
        assert!(refused("127.0.0.3"));
        assert!(refused("::ffff:127.0.0.2"));
        assert!(!refused("1.1.1.1"));
    }

    #[test]
    fn ports_are_the_webs_unless_told() {
        assert!(Policy::public().permits_port(443) && !Policy::public().permits_port(22));
        assert!(Policy::public().ports([8080]).permits_port(8080));
        assert!(!Policy::public().ports([8080]).permits_port(80));
        assert!(Policy::public().any_port().permits_port(22));
        assert!(Policy::operator().permits_port(22) && !Policy::operator().permits_port(0));
    }

    #[test]
    fn a_connection_to_this_machine_or_astray_is_not_used() {
        let public = Policy::public();
        let permits = |policy: &Policy, meant: [u8; 4], peer: [u8; 4], local: [u8; 4]| {
            policy.permits_connection(meant.into(), peer.into(), local.into())
        };
        assert!(permits(&public, [1, 1, 1, 1], [1, 1, 1, 1], [10, 0, 0, 9]));
        assert!(!permits(&public, [1, 1, 1, 1], [1, 1, 1, 2], [10, 0, 0, 9]));
        assert!(!permits(&public, [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]));
        assert!(!permits(
            &public,
            [10, 0, 0, 1],
            [10, 0, 0, 1],
            [10, 0, 0, 9]
        ));
        let allowing = public.allow("127.0.0.0/8".parse().unwrap());
        assert!(permits(
            &allowing,
            [127, 0, 0, 1],
            [127, 0, 0, 1],
            [127, 0, 0, 1]
        ));
    }
}
