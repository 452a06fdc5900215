//! From a checked target to the addresses that may be connected to.
//!
//! Every answer for a name, A and AAAA, has to pass the policy, or none is given: a name with one foot in the house is
//! not fetched from at all. Whatever is connected to comes from here and is not looked up again, so an answer that
//! changes a moment later changes nothing. The surprise: aliases are not looked at, since only addresses are reached.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use tokio::sync::OnceCell;

use crate::target::{Place, Target};
use crate::{FetchError, Policy};

/// How long one question to one resolver may take; it is asked [`ATTEMPTS`] times. A resolver that lost a packet is
/// then asked again well within the time of a whole fetch.
const QUESTION: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;

/// Asks the system's resolvers, or the policy's one. What the system says of them is read when the first name comes.
#[derive(Default)]
pub(crate) struct Resolver(OnceCell<TokioResolver>);

impl Resolver {
    /// All addresses of a target, at least one, all of them let through by the policy.
    pub(crate) async fn addresses(
        &self,
        target: &Target,
        policy: &Policy,
    ) -> Result<Vec<IpAddr>, FetchError> {
        match &target.place {
            Place::Address(address) => Ok(vec![*address]),
            Place::Name(name) => checked(name, self.look_up(name, policy).await?, policy),
        }
    }

    async fn look_up(&self, name: &str, policy: &Policy) -> Result<Vec<IpAddr>, FetchError> {
        let resolver = self.0.get_or_try_init(async || build(policy)).await;
        let resolver = resolver.map_err(FetchError::Resolver)?;
        match resolver.lookup_ip(policy.question(name)).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) => Err(no_address(name, Some(error))),
        }
    }
}

fn checked(name: &str, found: Vec<IpAddr>, policy: &Policy) -> Result<Vec<IpAddr>, FetchError> {
    let refused = |address: &IpAddr| Some((*address, policy.refuses(*address)?));
    if let Some((address, range)) = found.iter().find_map(refused) {
        return Err(FetchError::Resolved { address, range });
    }
    if found.is_empty() {
        return Err(no_address(name, None));
    }
    Ok(found)
}

fn no_address(name: &str, source: Option<NetError>) -> FetchError {
    FetchError::NoAddress {
        host: name.to_owned(),
        source,
    }
}

fn build(policy: &Policy) -> Result<TokioResolver, NetError> {
    let mut builder = match policy.resolver {
        Some(address) => {
            TokioResolver::builder_with_config(only(address), TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio()?,
    };
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = QUESTION;
    options.attempts = ATTEMPTS;
    if policy.resolver.is_some() {
        options.use_hosts_file = ResolveHosts::Never;
    }
    builder.build()
}

/// One resolver, by UDP, and by TCP for what does not fit.
fn only(address: SocketAddr) -> ResolverConfig {
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(at_port);
    let server = NameServerConfig::new(address.ip(), true, connections.into());
    ResolverConfig::from_name_servers(vec![server])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: &[&str]) -> Result<usize, FetchError> {
        let found = found.iter().map(|text| text.parse().unwrap()).collect();
        checked("a.example", found, &Policy::public()).map(|addresses| addresses.len())
    }

    #[test]
    fn one_address_inside_spoils_all() {
        assert_eq!(check(&["1.1.1.1", "2606:4700::1111"]).unwrap(), 2);
        for spoilt in [
            &["127.0.0.1"][..],
            &["1.1.1.1", "10.0.0.1"],
            &["10.0.0.1", "1.1.1.1"],
            &["1.1.1.1", "2606:4700::1111", "::1"],
            &["::ffff:1.1.1.1"],
        ] {
            let error = check(spoilt).unwrap_err();
            assert!(matches!(error, FetchError::Resolved { .. }), "{spoilt:?}");
            let text = "Blocked: resolves to private/internal IP address";
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn no_address_is_no_success() {
        let error = check(&[]).unwrap_err();
        assert!(matches!(error, FetchError::NoAddress { .. }));
    }
}
