//! A name's addresses, all of which must be allowed.
//!
//! The surprise: one address inside among several refuses the name. Whoever controls a name would else only have to
//! wait until that one is tried.

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ProtocolConfig, ResolveHosts,
    ResolverConfig,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;

use crate::target::Meant;
use crate::{FetchError, Policy, Target};

/// Looks names up.
#[derive(Debug, Clone)]
pub(crate) struct Resolver(TokioResolver);

impl Resolver {
    /// As the system does it, or where the policy says.
    pub(crate) fn new(policy: &Policy) -> Result<Self, Box<NetError>> {
        let mut builder = match policy.resolver_at() {
            None => TokioResolver::builder_tokio()?,
            Some(at) => {
                let servers = vec![server(at)];
                let config = ResolverConfig::from_parts(None, Vec::new(), servers);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        if policy.is_public() {
            // Names of the hosts file are names inside.
            options.use_hosts_file = ResolveHosts::Never;
        }
        // What was true a moment ago is asked again: an answer that was checked is the one that is used.
        options.cache_size = 0;
        Ok(Self(builder.build()?))
    }

    /// Where a target is; every address is allowed.
    pub(crate) async fn addresses(
        &self,
        target: &Target,
        policy: &Policy,
    ) -> Result<Vec<SocketAddr>, FetchError> {
        let addresses = match target.host() {
            Meant::Address(address) => vec![*address],
            Meant::Name(name) => self.look_up(name, policy).await?,
        };
        let at = |address| SocketAddr::new(address, target.port());
        Ok(addresses.into_iter().map(at).collect())
    }

    async fn look_up(&self, name: &str, policy: &Policy) -> Result<Vec<IpAddr>, FetchError> {
        // With its dot: no search list turns it into another name.
        let found = self.0.lookup_ip(format!("{name}.")).await;
        let unresolved = |error| FetchError::Unresolved(name.to_owned(), error);
        let found = found.map_err(|error| unresolved(Some(Box::new(error))))?;
        let addresses: Vec<IpAddr> = found.iter().collect();
        let inside = addresses
            .iter()
            .find(|address| !policy.allows_address(**address));
        match (inside, addresses.is_empty()) {
            (Some(address), _) => Err(FetchError::ResolvesInside(*address)),
            (None, true) => Err(unresolved(None)),
            (None, false) => Ok(addresses),
        }
    }
}

fn server(at: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::new(at.ip(), true, Vec::new());
    for protocol in [ProtocolConfig::Udp, ProtocolConfig::Tcp] {
        let mut connection = ConnectionConfig::new(protocol);
        connection.port = at.port();
        server.connections.push(connection);
    }
    server
}
