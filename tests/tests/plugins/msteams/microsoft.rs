//! A double of Microsoft's services: the issuer of keys and tokens, the connector, and Graph.
//!
//! It must not know who asks. The surprise: what was not scripted is answered as it nearly always is by the real ones, for
//! keys, tokens and messages; anything else is 404.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::tokens;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// A running double; ended on drop.
pub(crate) struct Microsoft {
    address: SocketAddr,
    inner: Arc<Inner>,
    serving: JoinHandle<()>,
}

/// Status, headers and body of a scripted answer.
type Scripted = (u16, Vec<(&'static str, &'static str)>, Value);

struct Inner {
    base: String,
    asked: Mutex<Vec<Asked>>,
    script: Mutex<HashMap<String, VecDeque<Scripted>>>,
}

impl Microsoft {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            base: format!("http://{address}"),
            asked: Mutex::default(),
            script: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self {
            address,
            inner,
            serving,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.inner.base)
    }

    /// The next request `METHOD /path` is answered so, whatever its query.
    pub(crate) fn says(
        &self,
        what: &str,
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: Value,
    ) {
        let mut script = self
            .inner
            .script
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        script
            .entry(what.to_owned())
            .or_default()
            .push_back((status, headers.to_vec(), body));
    }

    /// Requests so far whose target has that in it.
    pub(crate) fn asked(&self, part: &str) -> Vec<Asked> {
        let asked = self
            .inner
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        asked
            .iter()
            .filter(|asked| asked.target.contains(part))
            .cloned()
            .collect()
    }
}

impl Drop for Microsoft {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 16 << 20)
        .await
        .unwrap_or_default();
    let header = |(name, value): (&HeaderName, &axum::http::HeaderValue)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    let asked = Asked {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers.iter().map(header).collect(),
        body,
    };
    let (status, headers, body) = inner.scripted(&asked, head.uri.path());
    inner
        .asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(asked);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(body)).into_response();
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        response
            .headers_mut()
            .insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

impl Inner {
    fn scripted(&self, asked: &Asked, path: &str) -> Scripted {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let what = format!("{} {path}", asked.method);
        let next = script.get_mut(&what).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| self.usual(asked, path))
    }

    fn usual(&self, asked: &Asked, path: &str) -> Scripted {
        let good = |body: Value| (200, Vec::new(), body);
        match path {
            "/metadata" => good(
                json!({"issuer": tokens::BOT_FRAMEWORK, "jwks_uri": format!("{}/keys", self.base)}),
            ),
            "/tenant/v2.0/.well-known/openid-configuration" => {
                good(json!({"jwks_uri": format!("{}/tenant/discovery/v2.0/keys", self.base)}))
            }
            "/keys" | "/tenant/discovery/v2.0/keys" => {
                good(tokens::published().unwrap_or_default())
            }
            "/tenant/oauth2/v2.0/token" => {
                let graph = asked.body.windows(5).any(|part| part == b"graph");
                let token = if graph { "graph-issued" } else { "bot-issued" };
                good(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
            }
            _ if path.contains("/v3/conversations/") => {
                good(json!({"id": format!("said-{}", self.said())}))
            }
            _ => (404, Vec::new(), json!({})),
        }
    }

    fn said(&self) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked
            .iter()
            .filter(|asked| asked.target.contains("/v3/conversations/"))
            .count()
    }
}
