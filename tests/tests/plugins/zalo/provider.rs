//! A double of Zalo's Bot API: it remembers what it is asked and answers what the test says.
//!
//! It must not know who asks. The surprise: what was not scripted is a success, as it nearly always is with the real one,
//! but for `getUpdates`, which waits for an update and says 408 when none comes.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The picture that lies at `/photo.png`: enough of a PNG to be known as one.
pub(crate) const PHOTO: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// One call of a method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) token: String,
    pub(crate) method: String,
    pub(crate) body: Value,
}

/// A running double; ended on drop.
pub(crate) struct Provider {
    address: SocketAddr,
    inner: Arc<Inner>,
    serving: JoinHandle<()>,
}

/// Status, headers and body of a scripted answer.
type Scripted = (u16, Vec<(&'static str, &'static str)>, Value);

#[derive(Default)]
struct Inner {
    calls: Mutex<Vec<Call>>,
    script: Mutex<HashMap<String, VecDeque<Scripted>>>,
}

impl Provider {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inner = Arc::<Inner>::default();
        let router = Router::new()
            .route("/{bot}/{method}", post(answer))
            .route("/photo.png", get(photo))
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
        format!("http://{}{path}", self.address)
    }

    /// The next call of a method is answered so.
    pub(crate) fn says(
        &self,
        method: &str,
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: Value,
    ) {
        let mut script = locked(&self.inner.script);
        let scripted = (status, headers.to_vec(), body);
        script
            .entry(method.to_owned())
            .or_default()
            .push_back(scripted);
    }

    /// What it was asked so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        locked(&self.inner.calls).clone()
    }

    /// What it was asked of one method.
    pub(crate) fn bodies(&self, method: &str) -> Vec<Value> {
        let calls = self
            .calls()
            .into_iter()
            .filter(|call| call.method == method);
        calls.map(|call| call.body).collect()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn photo() -> impl IntoResponse {
    ([("content-type", "image/png")], PHOTO)
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    Path((bot, method)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let count = record(&inner, bot, &method, &body);
    let scripted = {
        let mut script = locked(&inner.script);
        script.get_mut(&method).and_then(VecDeque::pop_front)
    };
    let (status, headers, body) = scripted.unwrap_or_else(|| usual(&method, count));
    let mut response = (
        StatusCode::from_u16(status).unwrap_or_default(),
        axum::Json(body),
    )
        .into_response();
    for (name, value) in headers {
        let (name, value) = (HeaderName::from_static(name), value.parse());
        response
            .headers_mut()
            .extend(value.map(|value| (name, value)));
    }
    response
}

/// Gives how many calls there were.
fn record(inner: &Inner, bot: String, method: &str, body: &[u8]) -> usize {
    let call = Call {
        token: bot.strip_prefix("bot").unwrap_or("no bot").to_owned(),
        method: method.to_owned(),
        body: serde_json::from_slice(body).unwrap_or_default(),
    };
    let mut calls = locked(&inner.calls);
    calls.push(call);
    calls.len()
}

fn usual(method: &str, count: usize) -> Scripted {
    let body = match method {
        "getUpdates" => json!({ "ok": false, "error_code": 408, "description": "Request timeout" }),
        "getMe" => json!({ "ok": true, "result": { "id": "bot", "name": "Bot" } }),
        _ => json!({ "ok": true, "result": { "message_id": format!("sent-{count}") } }),
    };
    (200, Vec::new(), body)
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
