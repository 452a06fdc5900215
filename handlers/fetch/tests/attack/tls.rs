//! Certificates that prove something else.

use std::sync::Arc;

use overgrow_fetch::{FetchError, Fetched, Fetcher, Policy};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::dns::Dns;
use crate::origin::{Origin, ok, to_port};
use crate::{LIMITS, OUTSIDE, get, policy};

/// A server of its own certificate, for this name.
fn server(name: &str) -> (TlsAcceptor, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .expect("a key");
    (TlsAcceptor::from(Arc::new(config)), certificate)
}

/// Fetches `https://a.example` from a server whose certificate is for `name`.
async fn from(
    name: &str,
    location: &'static str,
    trust: impl FnOnce(Policy, CertificateDer<'static>) -> Policy,
) -> (Result<Fetched, FetchError>, usize) {
    let (tls, certificate) = server(name);
    let origin = Origin::start_tls(OUTSIDE, tls, move |request| match location {
        "" => ok("trusted"),
        elsewhere => to_port(request, elsewhere),
    })
    .await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(trust(policy(&dns, &origin), certificate));
    let url = origin.url("a.example").replace("http:", "https:");
    (get(&fetcher, &url, LIMITS).await, origin.seen().len())
}

#[tokio::test]
async fn a_certificate_for_the_name_is_trusted() {
    let (fetched, _) = from("a.example", "", Policy::trust).await;
    assert_eq!(&fetched.expect("trusted").body[..], b"trusted");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    for name in ["b.example", "example", "*.a.example", "127.0.0.2"] {
        let (fetched, asked) = from(name, "", Policy::trust).await;
        assert!(
            matches!(fetched, Err(FetchError::Tls { .. })),
            "{name}: {fetched:?}"
        );
        assert_eq!(asked, 0);
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused() {
    let (fetched, asked) = from("a.example", "", |policy, _| policy).await;
    assert!(
        matches!(fetched, Err(FetchError::Tls { .. })),
        "{fetched:?}"
    );
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn https_does_not_lead_back_to_http() {
    let location = "http://a.example:PORT/";
    let (fetched, asked) = from("a.example", location, Policy::trust).await;
    assert!(matches!(fetched, Err(FetchError::Downgrade)), "{fetched:?}");
    assert_eq!(asked, 1);
}
