//! A connection to one of the addresses that were checked, and to no other.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::target::Meant;
use crate::{FetchError, Policy, Target};

/// A connection, with TLS or without.
pub(crate) type Connection = Pin<Box<dyn Stream>>;

/// Bytes both ways.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Connector(TlsConnector);

impl Connector {
    pub(crate) fn new(policy: &Policy) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(policy.roots().iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)
            // The versions are the library's own.
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        let config = config.unwrap_or_else(|_| unreachable!("ring speaks the default versions"));
        Self(TlsConnector::from(Arc::new(config)))
    }

    /// Connects to the first of these that answers.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
        policy: &Policy,
    ) -> Result<Connection, FetchError> {
        let stream = self.tcp(target, addresses, policy).await?;
        if !target.is_protected() {
            return Ok(Box::pin(stream));
        }
        let failed = |error| FetchError::Tls(host_of(target), error);
        let name = server_name(target).map_err(failed)?;
        let stream = self.0.connect(name, stream).await.map_err(failed)?;
        Ok(Box::pin(stream))
    }

    async fn tcp(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
        policy: &Policy,
    ) -> Result<TcpStream, FetchError> {
        let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return checked(stream, target, policy),
                Err(error) => failed = error,
            }
        }
        Err(FetchError::Connect(host_of(target), failed))
    }
}

/// The address that the kernel connected to is looked at once more: it is the one that counts.
fn checked(stream: TcpStream, target: &Target, policy: &Policy) -> Result<TcpStream, FetchError> {
    let failed = |error| FetchError::Connect(host_of(target), error);
    let peer = stream.peer_addr().map_err(failed)?.ip();
    match policy.allows_address(peer) {
        true => Ok(stream),
        false => Err(FetchError::Address(peer)),
    }
}

fn server_name(target: &Target) -> io::Result<ServerName<'static>> {
    match target.host() {
        Meant::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Meant::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other),
    }
}

pub(crate) fn host_of(target: &Target) -> String {
    target.url().host_str().unwrap_or_default().to_owned()
}
