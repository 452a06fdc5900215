//! A small upstream in the test's own process that says who it is and what it was sent.
//!
//! It must not know who asks. The surprise: `/hold` answers only when the test lets it, so that a request can be in flight for
//! exactly as long as a test needs.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Json};
use axum::routing::any;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running upstream; it takes no connections any more once it is dropped.
pub struct Service {
    address: SocketAddr,
    inner: Arc<Inner>,
    accepting: JoinHandle<std::io::Result<()>>,
}

struct Inner {
    name: &'static str,
    asked: AtomicUsize,
    held: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

impl Service {
    /// Listens on a free port and answers everything, `x-backend: NAME` among the headers.
    pub async fn start(name: &'static str) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            name,
            asked: AtomicUsize::new(0),
            held: watch::Sender::new(0),
            released: watch::Sender::new(false),
        });
        let router = Router::new()
            .route("/hold", any(hold))
            .fallback(say)
            .with_state(Arc::clone(&inner));
        let accepting = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            inner,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests it has got, those for `/hold` included.
    pub fn asked(&self) -> usize {
        self.inner.asked.load(Ordering::SeqCst)
    }

    /// Resolves when that many requests have come to `/hold` so far.
    pub async fn holds(&self, count: usize) {
        let mut held = self.inner.held.subscribe();
        // The sender lives as long as `self`.
        let _ = held.wait_for(|held| *held >= count).await;
    }

    /// Lets every request at `/hold` be answered, now and from now on.
    pub fn release(&self) {
        self.inner.released.send_replace(true);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn hold(State(inner): State<Arc<Inner>>, request: Request) -> impl IntoResponse {
    inner.held.send_modify(|held| *held += 1);
    let mut released = inner.released.subscribe();
    let _ = released.wait_for(|released| *released).await;
    say(State(inner), request).await
}

async fn say(State(inner): State<Arc<Inner>>, request: Request) -> impl IntoResponse {
    inner.asked.fetch_add(1, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let said = json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body.unwrap_or_else(|_| Bytes::from_static(b"cut"))),
    });
    ([("x-backend", inner.name)], Json(said))
}
