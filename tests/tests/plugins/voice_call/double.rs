//! All providers' APIs at once: remembers what it was asked and answers as each would.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A running double; ended on drop.
pub(crate) struct Double {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    asked: Mutex<Vec<Asked>>,
    more: Notify,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded: who asks, and with what.
    pub(crate) by: String,
    pub(crate) content_type: Option<String>,
    /// JSON, or the pairs of a form.
    pub(crate) body: Value,
}

impl Double {
    pub(crate) async fn start() -> Result<Self> {
        let seen = Arc::<Seen>::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let app = Router::new().fallback(answer).with_state(Arc::clone(&seen));
        let serving = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self {
            address,
            seen,
            serving,
        })
    }

    /// What it was asked, once that is at least so much.
    pub(crate) async fn asked(&self, least: usize) -> Result<Vec<Asked>> {
        let enough = async {
            loop {
                let more = self.seen.more.notified();
                let asked = self.seen.all();
                if asked.len() >= least {
                    return asked;
                }
                more.await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), enough).await;
        waited.with_context(|| format!("asked only {:?}", self.seen.all()))
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Seen {
    fn all(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

async fn answer(
    State(seen): State<Arc<Seen>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let header = |name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let path = uri.path().to_owned();
    let answer = documented(&method, &path);
    let asked = Asked {
        method: method.to_string(),
        path,
        by: header("authorization").map_or_else(String::new, |text| by(&text)),
        content_type: header("content-type"),
        body: readable(&body),
    };
    seen.asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(asked);
    seen.more.notify_waiters();
    answer
}

/// The answers of the providers' documentation, cut to what they begin with.
fn documented(method: &Method, path: &str) -> (StatusCode, String) {
    let made = |body: Value| (StatusCode::CREATED, body.to_string());
    match (method.as_str(), path) {
        ("POST", "/2010-04-01/Accounts/AC1/Calls.json") => made(json!({
            "sid": "CA0001", "status": "queued", "direction": "outbound-api", "from": "+15550000000", "to": "+15550000001",
        })),
        ("POST", "/v2/calls") => (
            StatusCode::OK,
            json!({"data": {"call_control_id": "v3:AB_c-d", "call_leg_id": "l", "call_session_id": "s", "is_alive": false,
                "record_type": "call"}})
            .to_string(),
        ),
        ("POST", "/v1/Account/MA1/Call/") => made(json!({
            "api_id": "a", "message": "call fired", "request_uuid": "9834029e-58b6-11e1-b8b7-a5bd0e4e126f",
        })),
        ("DELETE", _) => (StatusCode::NOT_FOUND, r#"{"error":"not found"}"#.into()),
        _ => (StatusCode::OK, r#"{"data":{"result":"ok"}}"#.into()),
    }
}

fn by(authorization: &str) -> String {
    match authorization.strip_prefix("Basic ") {
        Some(pair) => String::from_utf8_lossy(&STANDARD.decode(pair).unwrap_or_default()).into(),
        None => authorization.to_owned(),
    }
}

fn readable(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let pairs = super::provider::pairs(&String::from_utf8_lossy(body));
        json!(pairs)
    })
}
