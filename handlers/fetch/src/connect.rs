//! Opens a connection to one of the addresses that were checked, and to nothing else.
//!
//! No name is resolved here. The connection's own ends are looked at before a byte is sent, since a rule of the
//! kernel may have led it elsewhere. The surprise: only some of a name's addresses are tried, because a name with a
//! thousand of them would make us knock at a thousand doors.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::target::{Place, Target, Wrap};
use crate::{FetchError, Policy};

/// Addresses of one name that are tried: two of each family when it has so many.
const TRIES: usize = 4;
/// How long one address may take; a far one needs a third of a second, a dead one would never answer.
const TRY: Duration = Duration::from_secs(3);

/// A connection, wrapped or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Knows whom to trust; certificates are read when the first `https` target comes.
#[derive(Default)]
pub(crate) struct Connector(OnceLock<TlsConnector>);

impl Connector {
    /// Connects to the first of these addresses that answers; they have been checked for this target.
    pub(crate) async fn open(
        &self,
        target: &Target,
        addresses: &[IpAddr],
        policy: &Policy,
    ) -> Result<Box<dyn Stream>, FetchError> {
        let stream = first(target, addresses, policy).await?;
        match target.wrap {
            Wrap::Plain => Ok(Box::new(stream)),
            Wrap::Tls => self.wrap(target, stream, policy).await,
        }
    }

    async fn wrap(
        &self,
        target: &Target,
        stream: TcpStream,
        policy: &Policy,
    ) -> Result<Box<dyn Stream>, FetchError> {
        let failed = |source| FetchError::Tls {
            host: target.host(),
            source,
        };
        let connector = self.0.get_or_init(|| connector(policy));
        let name = server_name(&target.place).map_err(failed)?;
        let stream = connector.connect(name, stream).await.map_err(failed)?;
        Ok(Box::new(stream))
    }
}

async fn first(
    target: &Target,
    addresses: &[IpAddr],
    policy: &Policy,
) -> Result<TcpStream, FetchError> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for address in alternating(addresses).into_iter().take(TRIES) {
        match connect(SocketAddr::new(address, target.port)).await {
            Ok(stream) => return used(stream, address, policy),
            Err(error) => last = error,
        }
    }
    Err(FetchError::Connect {
        host: target.host(),
        source: last,
    })
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    match tokio::time::timeout(TRY, TcpStream::connect(address)).await {
        Ok(connected) => connected,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// The stream, when its ends are what they should be.
fn used(stream: TcpStream, meant: IpAddr, policy: &Policy) -> Result<TcpStream, FetchError> {
    let ends = || Ok::<_, io::Error>((stream.peer_addr()?.ip(), stream.local_addr()?.ip()));
    match ends() {
        Ok((peer, local)) if policy.permits_connection(meant, peer, local) => Ok(stream),
        _ => Err(FetchError::Peer(meant)),
    }
}

/// One address of each family in turn, so that a network without one of them loses no time; first the family that the
/// resolver named first.
fn alternating(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let leading = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (lead, other): (Vec<_>, Vec<_>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == leading);
    let mut turns: Vec<_> = lead
        .into_iter()
        .enumerate()
        .map(|(n, a)| (2 * n, a))
        .collect();
    turns.extend(other.into_iter().enumerate().map(|(n, a)| (2 * n + 1, a)));
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, address)| address).collect()
}

fn server_name(place: &Place) -> io::Result<ServerName<'static>> {
    match place {
        Place::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other),
        Place::Address(address) => Ok(ServerName::from(*address)),
    }
}

/// Trusts what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured) and what the policy adds.
fn connector(policy: &Policy) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(policy.roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |texts: &[&str]| -> Vec<IpAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let check = |given: &[&str], expect: &[&str]| {
            assert_eq!(alternating(&parse(given)), parse(expect));
        };
        check(
            &["1.1.1.1", "1.1.1.2", "::1"],
            &["1.1.1.1", "::1", "1.1.1.2"],
        );
        check(
            &["::1", "::2", "::3", "1.1.1.1"],
            &["::1", "1.1.1.1", "::2", "::3"],
        );
        check(&[], &[]);
    }
}
