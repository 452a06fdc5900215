//! Whom a trace is put to, and the connection there.

use std::io;
use std::sync::Arc;

use overgrow_parity::trace::Request;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use crate::backend::upstream::client_config;
use crate::config::{Scheme, UpstreamError, UpstreamUrl};

/// A service that speaks HTTP/1.1.
pub struct Target {
    url: UpstreamUrl,
    host: Host,
    tls: Option<TlsConnector>,
}

/// Which `Host` is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// The target's own.
    Target,
    /// Each entry's, for services that decide by it.
    Recorded,
    /// This one.
    Named(String),
}

/// Why a text is no target.
#[derive(Debug, thiserror::Error)]
pub enum NoTarget {
    /// It is no origin.
    #[error(transparent)]
    Url(#[from] UpstreamError),
    /// It asks for HTTP/2 alone, which cannot carry a recorded request as it was.
    #[error("a trace is replayed over HTTP/1.1: write http:// or https://")]
    Http2,
}

/// The target cannot be connected to.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {target}")]
pub struct Unreachable {
    target: UpstreamUrl,
    #[source]
    source: io::Error,
}

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Target {
    /// Reads an origin such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When it is none, or not one for HTTP/1.1.
    pub fn new(url: &str, host: Host) -> Result<Self, NoTarget> {
        let url: UpstreamUrl = url.parse()?;
        let tls = match url.scheme {
            Scheme::Http => None,
            Scheme::Https => Some(TlsConnector::from(Arc::new(client_config()))),
            Scheme::H2c => return Err(NoTarget::Http2),
        };
        Ok(Self { url, host, tls })
    }

    /// The `Host` that goes with a request.
    pub(super) fn host(&self, request: &Request) -> String {
        match &self.host {
            Host::Target => self.authority(),
            Host::Recorded => recorded(request),
            Host::Named(name) => name.clone(),
        }
    }

    /// Opens a connection.
    pub(super) async fn connect(&self, deadline: Instant) -> Result<Box<dyn Stream>, Unreachable> {
        let opened = timeout_at(deadline, self.open()).await;
        let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        opened.map_err(|source| Unreachable {
            target: self.url.clone(),
            source,
        })
    }

    async fn open(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.url.host.as_str(), self.url.port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(self.url.host.clone()).map_err(io::Error::other)?;
        Ok(Box::new(tls.connect(name, stream).await?))
    }

    fn authority(&self) -> String {
        let text = self.url.to_string();
        match text.split_once("://") {
            Some((_, authority)) => authority.to_owned(),
            None => text,
        }
    }
}

/// The entry's own header, or what its URL says.
fn recorded(request: &Request) -> String {
    let header = request.header("host").map(|header| &header.value);
    match header.map(|value| String::from_utf8_lossy(value).into_owned()) {
        Some(host) => host,
        None => {
            let authority = request.origin.split("://").nth(1);
            authority.unwrap_or_default().to_owned()
        }
    }
}
