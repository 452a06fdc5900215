//! A sidecar between two services that answer what a test wants, and questions to its admin listener.
//!
//! The surprise: the services answer the same whatever they are asked, so that a difference is always the same one.

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::response::Json;
use overgrow_tests::ask::{Ask, get};
use overgrow_tests::raw::Answer;
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What Chromium sends when somebody opens an address.
pub(crate) const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

pub(crate) const TOKEN: &str = "a-token-that-nobody-guesses";

/// A service that always says the same; ended on drop.
pub(crate) struct Saying {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Saying {
    async fn start(said: Value) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(move || std::future::ready(Json(said.clone())));
        let accepting = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, accepting })
    }
}

impl Drop for Saying {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Two services and a sidecar.
pub(crate) struct Scene {
    _legacy: Saying,
    _rust: Saying,
    pub(crate) sidecar: Sidecar,
}

impl Scene {
    /// `server` are further lines of `[server]`. The route `orders` is shadowed and all legacy, `half` is split.
    pub(crate) async fn start(server: &str) -> Result<Self> {
        let legacy = json!({"price": 5, "token": "abc", "same": true});
        let rust = json!({"price": 6, "token": "xyz", "same": true});
        Self::between(server, legacy, rust, |rust| {
            format!(
                "[[route]]\nid = \"orders\"   # the old name\nmatch = {{ path = \"/orders\" }}\n\
                 handler = \"http://{rust}\"\nshadow = {{ sample = 100, aa = 0 }}\n\n\
                 [[route]]\nid = \"half\"\nmatch = {{ path = \"/half\" }}\nhandler = \"http://{rust}\"\n\
                 rust = 50\nsticky = {{ header = \"x-user\" }}\ngate = {{ auto = true }}\n"
            )
        })
        .await
    }

    /// The same, behind a token.
    pub(crate) async fn locked() -> Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), TOKEN)?;
        Self::start(&format!("admin_token = {{ file = {:?} }}", file.path())).await
    }

    /// Services that say so, and the routes for the second one's address.
    pub(crate) async fn between(
        server: &str,
        legacy: Value,
        rust: Value,
        routes: impl FnOnce(SocketAddr) -> String,
    ) -> Result<Self> {
        let (legacy, rust) = (Saying::start(legacy).await?, Saying::start(rust).await?);
        let text = routes_toml(legacy.address, &routes(rust.address))
            .replace("[server]", &format!("[server]\n{server}"));
        let sidecar = Sidecar::start(&text).await?;
        Ok(Self {
            _legacy: legacy,
            _rust: rust,
            sidecar,
        })
    }

    /// Asks the admin listener.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Answer> {
        ask.send(self.sidecar.admin()).await
    }

    /// `GET path` of the admin listener, as JSON.
    pub(crate) async fn json(&self, path: &str) -> Result<Value> {
        let answer = self.ask(get(path)).await?;
        ensure!(answer.status() == 200, "{path}: {}", answer.text());
        serde_json::from_str(&answer.text()).with_context(|| answer.text())
    }

    /// Asks the route as a client, that often.
    pub(crate) async fn traffic(&self, path: &str, count: usize) -> Result<()> {
        for _ in 0..count {
            let answer = get(path).send(self.sidecar.addr()).await?;
            ensure!(answer.status() == 200, "{}", answer.text());
        }
        Ok(())
    }

    /// routes.toml as it is now.
    pub(crate) fn file(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.sidecar.routes())?)
    }
}

/// `POST path` with a JSON body.
pub(crate) fn post(path: &str, body: &Value) -> Ask {
    Ask::new("POST", path)
        .header("content-type", "application/json")
        .body(body.to_string())
}
