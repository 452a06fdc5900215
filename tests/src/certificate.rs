//! A certificate for `localhost`, made on the spot, and a client that trusts it and nothing else.
//!
//! It must not know who uses the files. The surprise: the key never leaves the folder, which goes with this value.

use anyhow::Result;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate and its key in files.
pub struct Certificate {
    folder: TempDir,
    trusted: RootCertStore,
}

impl Certificate {
    /// Makes one.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("overgrow-tls-").tempdir()?;
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem())?;
        let key = made.signing_key.serialize_pem();
        std::fs::write(folder.path().join("key.pem"), key)?;
        let mut trusted = RootCertStore::empty();
        trusted.add(made.cert.der().clone())?;
        Ok(Self { folder, trusted })
    }

    /// The certificate's file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The line for `[server]`.
    pub fn server_line(&self) -> String {
        let path = |name| self.folder.path().join(name).display().to_string();
        let (cert, key) = (path("cert.pem"), path("key.pem"));
        format!("tls = {{ cert = \"{cert}\", key = \"{key}\" }}")
    }

    /// Connects as a client that offers these protocols, best first.
    pub async fn connect(&self, to: SocketAddr, offers: &[&str]) -> Result<TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder
            .with_root_certificates(self.trusted.clone())
            .with_no_client_auth();
        config.alpn_protocols = offers.iter().map(|it| it.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(to).await?;
        let connector = TlsConnector::from(Arc::new(config));
        Ok(connector
            .connect(ServerName::try_from("localhost")?, stream)
            .await?)
    }
}
