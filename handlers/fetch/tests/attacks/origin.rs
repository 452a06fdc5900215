//! A server that answers everything with the same bytes and then says nothing more.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The server; it ends when it is dropped.
pub(crate) struct Origin {
    pub(crate) at: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    answering: JoinHandle<()>,
}

impl Origin {
    pub(crate) async fn start(address: IpAddr, answer: impl Into<Vec<u8>>) -> Self {
        Self::start_at(SocketAddr::new(address, 0), answer).await
    }

    pub(crate) async fn start_at(at: SocketAddr, answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let at = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (answer, kept) = (answer.into(), Arc::clone(&heads));
        let answering = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), Arc::clone(&kept)));
            }
        });
        Self {
            at,
            heads,
            answering,
        }
    }

    /// With a certificate for that name, and the root that vouches for it.
    pub(crate) async fn start_with_tls(
        address: IpAddr,
        name: &str,
    ) -> (Self, CertificateDer<'static>) {
        let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let root = certified.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![root.clone()], PrivateKeyDer::from(key))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure".to_vec();
        let answering = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    tokio::spawn(serve(stream, answer.clone(), Arc::clone(&kept)));
                }
            }
        });
        let origin = Self {
            at,
            heads,
            answering,
        };
        (origin, root)
    }

    /// How many heads came.
    pub(crate) fn asked(&self) -> usize {
        self.heads.lock().unwrap().len()
    }

    /// The head that came last.
    pub(crate) fn head(&self) -> String {
        self.heads.lock().unwrap().last().unwrap().clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Vec<u8>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    let mut head = vec![0; 64 * 1024];
    let Ok(length) = stream.read(&mut head).await else {
        return;
    };
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    heads.lock().unwrap().push(head);
    let _ = stream.write_all(&answer).await;
    // Whoever wants more waits.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}
