//! Opening a connection to an origin: TCP, TLS where asked for, and the HTTP handshake.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::uri::{Authority, Scheme as UriScheme};
use http::{Request, header};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use overgrow_handler::Body;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::pool::{H1, H2};
use crate::backend::Fault;
use crate::config::{Scheme, UpstreamUrl};
use crate::wire::{Gathering, notice_vanished};

/// A connection of either kind.
pub(super) enum Opened {
    /// One request at a time.
    H1(H1),
    /// Many at once.
    H2(H2),
}

/// What an origin is asked to speak when it can do both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speak {
    /// Whatever it prefers.
    Either,
    /// What can be left for another protocol.
    Http1,
}

/// Client side of TLS, made when the first `https://` origin is connected to.
#[derive(Clone, Default)]
pub(super) struct Tls(Arc<OnceLock<TlsConnector>>);

impl Tls {
    /// Nothing is loaded yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Trusts what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured).
    fn connector(&self) -> TlsConnector {
        self.0
            .get_or_init(|| TlsConnector::from(Arc::new(client_config())))
            .clone()
    }
}

impl Speak {
    fn offers(self) -> Vec<Vec<u8>> {
        match self {
            Self::Either => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Self::Http1 => vec![b"http/1.1".to_vec()],
        }
    }
}

/// Trusts what the system trusts; says nothing of protocols.
pub(crate) fn client_config() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ));
    builder
        .with_safe_default_protocol_versions()
        .expect("ring supports the default TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Knows the way to one origin.
pub(super) struct Connector {
    url: UpstreamUrl,
    name: String,
    authority: Authority,
    scheme: UriScheme,
    timeout: Duration,
    tls: Tls,
}

impl Connector {
    pub(super) fn new(url: UpstreamUrl, timeout: Duration, tls: &Tls) -> Self {
        let bracketed = if url.host.contains(':') {
            format!("[{}]", url.host)
        } else {
            url.host.clone()
        };
        let authority = format!("{bracketed}:{}", url.port);
        let authority =
            Authority::try_from(authority).unwrap_or_else(|_| Authority::from_static("upstream"));
        let scheme = if url.scheme == Scheme::Https {
            UriScheme::HTTPS
        } else {
            UriScheme::HTTP
        };
        Self {
            name: url.to_string(),
            url,
            authority,
            scheme,
            timeout,
            tls: tls.clone(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn scheme(&self) -> &UriScheme {
        &self.scheme
    }

    /// What the connection for a request has to speak. Only TLS leaves a choice.
    pub(super) fn speak_for(&self, request: &Request<Body>) -> Speak {
        let asks_to_switch = request.headers().contains_key(header::UPGRADE);
        match self.url.scheme {
            Scheme::Https if asks_to_switch => Speak::Http1,
            _ => Speak::Either,
        }
    }

    /// Opens a connection within the connect timeout; its task runs on the current runtime until it is closed.
    pub(super) async fn open(&self, speak: Speak) -> Result<Opened, Fault> {
        match tokio::time::timeout(self.timeout, self.open_unbounded(speak)).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(source)) => Err(Fault::Connect {
                origin: self.name.clone(),
                source,
            }),
            Err(_) => Err(Fault::ConnectTimeout {
                origin: self.name.clone(),
            }),
        }
    }

    async fn open_unbounded(&self, speak: Speak) -> io::Result<Opened> {
        let stream = TcpStream::connect((self.url.host.as_str(), self.url.port)).await?;
        stream.set_nodelay(true)?;
        notice_vanished(&stream);
        match self.url.scheme {
            Scheme::Http => handshake_h1(Gathering(stream)).await,
            Scheme::H2c => handshake_h2(stream).await,
            Scheme::Https => self.open_tls(stream, speak).await,
        }
    }

    async fn open_tls(&self, stream: TcpStream, speak: Speak) -> io::Result<Opened> {
        let name = ServerName::try_from(self.url.host.clone()).map_err(io::Error::other)?;
        let tls = self.tls.connector();
        let stream = tls.with_alpn(speak.offers()).connect(name, stream).await?;
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => handshake_h2(stream).await,
            _ => handshake_h1(stream).await,
        }
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connector").field(&self.name).finish()
    }
}

async fn handshake_h1(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> io::Result<Opened> {
    let mut builder = http1::Builder::new();
    builder.preserve_header_case(true);
    let (sender, connection) = builder
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // The task ends with the connection; whoever uses the sender learns how.
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "an upstream connection ended");
        }
    });
    Ok(Opened::H1(sender))
}

async fn handshake_h2(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> io::Result<Opened> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).adaptive_window(true);
    let (sender, connection) = builder
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an upstream connection ended");
        }
    });
    Ok(Opened::H2(sender))
}
