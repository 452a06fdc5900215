//! Either side of the scene: a service that answers by path, on purpose differently on the two sides.
//!
//! It must not know who asks. What the paths do: `alike` the same on both sides, `differs` its own name, `fails` 500 on the rust
//! side only, `never` no answer from the rust side, `slow` late on the rust side, `socket` a WebSocket that stays open.

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::any;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Slow enough to be seen among answers that take a millisecond, on a busy machine too.
pub(crate) const SLOW: Duration = Duration::from_secs(2);

/// Which side this one is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Is {
    Legacy,
    Rust,
}

/// A running side; ended on drop.
pub(crate) struct Backend {
    address: SocketAddr,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Backend {
    /// Listens on a free port.
    pub(crate) async fn start(is: Is) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/{route}/{what}", any(answer))
            .route("/socket", any(socket))
            .fallback(async || "hello")
            .with_state(is);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, serving })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(is): State<Is>, Path((_, what)): Path<(String, String)>) -> Response {
    match (what.as_str(), is) {
        ("differs", is) => Json(json!({ "by": format!("{is:?}") })).into_response(),
        ("slow", Is::Rust) => {
            tokio::time::sleep(SLOW).await;
            Json(json!({ "late": true })).into_response()
        }
        ("fails", Is::Rust) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        ("never", Is::Rust) => std::future::pending().await,
        _ => Json(json!({ "late": false })).into_response(),
    }
}

/// Accepts the key of RFC 6455's example, and then listens until the client goes.
async fn socket(mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let _ = tokio::io::copy(&mut TokioIo::new(upgraded), &mut tokio::io::sink()).await;
        }
    });
    let headers = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}
