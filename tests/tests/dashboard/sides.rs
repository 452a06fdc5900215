//! A legacy and a rust service whose answers differ and are hostile, and a sidecar before both.

use anyhow::Result;
use axum::response::IntoResponse;
use axum::{Json, Router};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Routes of every state, the first of them compared.
const ROUTES: &str = r#"
[[route]]
id      = "orders"
match   = { path = "/orders/*", methods = ["GET"] }
handler = "http://RUST"
rust    = 0
shadow  = { sample = 100 }
gate    = { steps = [5, 25, 50, 100], hold = "1s" }

[[route]]
id      = "items"
match   = { path = "/items/*" }
handler = "http://RUST"
rust    = 25
sticky  = { header = "x-user" }

# Nothing is compared, so the pilot never moves it.
[[route]]
id      = "piloted"
match   = { path = "/piloted/*" }
handler = "http://RUST"
rust    = 5
gate    = { steps = [5, 40, 100], auto = true }

[[route]]
id      = "media"
match   = { path = "/media/*" }
handler = "http://RUST"
rust    = true

[[route]]
id      = "everything-else"
match   = { path = "/*" }
"#;

/// One backend; it takes no connections any more once it is dropped.
struct Side {
    address: SocketAddr,
    accepting: JoinHandle<std::io::Result<()>>,
}

/// A sidecar with both backends.
pub(crate) struct Sides {
    pub(crate) sidecar: Sidecar,
    _backends: [Side; 2],
}

impl Sides {
    /// With the routes above.
    pub(crate) async fn start() -> Result<Self> {
        Self::with("", ROUTES).await
    }

    /// With the same, and an admin token.
    pub(crate) async fn with_token(token: &str) -> Result<Self> {
        let folder = overgrow_tests::sidecar::folder()?;
        let file = folder.path().join("token");
        std::fs::write(&file, token)?;
        let line = format!("\nadmin_token = {{ file = {file:?} }}");
        Self::with(&line, ROUTES).await
    }

    /// With those routes, in which `RUST` is where the rust service listens; `server` are further lines of `[server]`.
    pub(crate) async fn with(server: &str, routes: &str) -> Result<Self> {
        let legacy = Side::start("legacy", legacy()).await?;
        let rust = Side::start("rust", rust()).await?;
        let routes = routes.replace("RUST", &rust.address.to_string());
        let text = routes_toml(legacy.address, &routes);
        let text = text.replacen("\n\n[legacy]", &format!("{server}\n\n[legacy]"), 1);
        Ok(Self {
            sidecar: Sidecar::start(&text).await?,
            _backends: [legacy, rust],
        })
    }

    /// Where the dashboard is.
    pub(crate) fn admin(&self) -> String {
        format!("http://{}", self.sidecar.admin())
    }

    /// Where clients connect.
    pub(crate) fn proxy(&self) -> String {
        format!("http://{}", self.sidecar.addr())
    }
}

impl Side {
    async fn start(name: &'static str, body: Value) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let answer = move || {
            let body = body.clone();
            async move { ([("x-backend", name)], Json(body)).into_response() }
        };
        let router = Router::new().fallback(answer);
        let accepting = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, accepting })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn legacy() -> Value {
    json!({ "price": 12.5, "name": "<img src=x onerror=window.owned=1>blue" })
}

fn rust() -> Value {
    json!({ "price": 12, "name": "<script>window.owned=1</script>red" })
}
