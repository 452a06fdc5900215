//! The certificate of the traffic listeners.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pingora_core::listeners::tls::TlsSettings;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not go together.
    #[error("the certificate and the key cannot be used together")]
    Use(#[source] rustls::Error),
}

/// TLS 1.2 and 1.3 with HTTP/2 and HTTP/1.1 offered. The files are tried out here, because Pingora panics over them.
///
/// # Errors
/// When a file is missing, is not PEM, or the two do not go together.
pub fn settings(cert: &Path, key: &Path) -> Result<TlsSettings, TlsError> {
    try_out(cert, key)?;
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let settings = TlsSettings::intermediate(&cert, &key);
    let mut settings =
        settings.map_err(|error| TlsError::Use(rustls::Error::General(error.to_string())))?;
    settings.enable_h2();
    Ok(settings)
}

fn try_out(cert: &Path, key: &Path) -> Result<(), TlsError> {
    let chain =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|source| TlsError::Read {
        path: cert.to_owned(),
        source,
    })?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Read {
        path: key.to_owned(),
        source,
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.and_then(|builder| {
        builder
            .with_no_client_auth()
            .with_single_cert(chain, private)
    });
    config.map(drop).map_err(TlsError::Use)
}
