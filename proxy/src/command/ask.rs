//! Asks the admin listener of a running sidecar.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::AdminArg;
use crate::config::{self, ServerConfig};

/// A sidecar on this machine answers in milliseconds; one that does not is not there.
const PATIENCE: Duration = Duration::from_secs(5);
/// For what is shown when it is there, and is not worth waiting for.
const GLANCE: Duration = Duration::from_millis(500);

/// Where a running sidecar is asked, and with what right.
#[derive(Debug)]
pub(super) struct Desk {
    /// Its admin listener, as host and port.
    pub(super) address: String,
    token: Option<Zeroizing<String>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unasked {
    #[error(
        "no sidecar answers at {0}: is `overgrow serve` running, and is this its admin address?"
    )]
    Nobody(String, #[source] std::io::Error),
    #[error("{0} does not speak the admin API")]
    Foreign(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{0} answers {1}: {2}")]
    Refused(String, http::StatusCode, String),
    #[error("{0} does not answer in time")]
    Late(String),
}

impl Desk {
    /// The desk of the sidecar that runs on `file`, unless another one is asked for.
    pub(super) fn of(file: &Path, asked: &AdminArg) -> Self {
        Self::at(file, asked.admin.clone())
    }

    /// The desk that `file` names.
    pub(super) fn named_by(file: &Path) -> Self {
        Self::at(file, None)
    }

    /// The desk at `admin`; absent, the one that `file` names.
    pub(super) fn at(file: &Path, admin: Option<String>) -> Self {
        // A file with faults is no reason not to ask: the sidecar may run on the last good one.
        let server = config::salvage(&std::fs::read_to_string(file).unwrap_or_default());
        let by_file = || server.admin.unwrap_or(ServerConfig::default().admin);
        Self {
            address: admin.unwrap_or_else(|| by_file().to_string()),
            token: server.admin_token.and_then(|secret| secret.read().ok()),
        }
    }

    fn token(&self) -> Option<&str> {
        self.token.as_deref().map(String::as_str)
    }

    /// `GET path`, as JSON.
    pub(super) fn get(&self, path: &str) -> Result<Value, Unasked> {
        self.get_within(PATIENCE, path)
    }

    /// The same, if somebody is there to answer at once.
    pub(super) fn glance(&self, path: &str) -> Option<Value> {
        self.get_within(GLANCE, path).ok()
    }

    /// Whether the sidecar takes traffic.
    pub(super) fn ready(&self) -> Result<(), Unasked> {
        let request = request(&self.address, self.token(), Method::GET, "/readyz");
        let asking = async { send(&self.address, request, Full::default()).await };
        self.wait(PATIENCE, asking).map(drop)
    }

    /// `POST path`, and the answer as JSON.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, Unasked> {
        let admin = &self.address;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Unasked::Nobody(admin.clone(), error))?;
        runtime.block_on(async {
            let body = self.stream(path, body).await?.rest().await?;
            serde_json::from_slice(&body).map_err(|error| foreign(admin, error))
        })
    }

    /// `POST path`; the answer comes in pieces for as long as the sidecar has something to say.
    pub(super) async fn stream(&self, path: &str, body: &Value) -> Result<Stream, Unasked> {
        let request = request(&self.address, self.token(), Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json");
        let sending = send(&self.address, request, Full::from(body.to_string()));
        let sent = tokio::time::timeout(PATIENCE, sending).await;
        sent.unwrap_or_else(|_| Err(Unasked::Late(self.address.clone())))
    }

    /// `DELETE path`.
    pub(super) async fn delete(&self, path: &str) -> Result<(), Unasked> {
        let request = request(&self.address, self.token(), Method::DELETE, path);
        let sending = send(&self.address, request, Full::default());
        let sent = tokio::time::timeout(PATIENCE, sending).await;
        sent.unwrap_or_else(|_| Err(Unasked::Late(self.address.clone())))
            .map(drop)
    }

    fn get_within(&self, patience: Duration, path: &str) -> Result<Value, Unasked> {
        self.wait(patience, ask(&self.address, self.token(), path))
    }

    fn wait<T>(
        &self,
        patience: Duration,
        asking: impl Future<Output = Result<T, Unasked>>,
    ) -> Result<T, Unasked> {
        let admin = &self.address;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Unasked::Nobody(admin.clone(), error))?;
        let asking = async { tokio::time::timeout(patience, asking).await };
        runtime
            .block_on(asking)
            .unwrap_or_else(|_| Err(Unasked::Late(admin.clone())))
    }
}

async fn ask(admin: &str, token: Option<&str>, path: &str) -> Result<Value, Unasked> {
    let request = request(admin, token, Method::GET, path);
    let body = send(admin, request, Full::default()).await?.rest().await?;
    serde_json::from_slice(&body).map_err(|error| foreign(admin, error))
}

/// An answer that is being read. Dropping it closes the connection.
pub(super) struct Stream {
    admin: String,
    headers: HeaderMap,
    body: Incoming,
    driver: JoinHandle<()>,
}

impl Stream {
    /// A header of the answer, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next piece; none at the end. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Unasked> {
        let frame = self.body.frame().await.transpose();
        let frame = frame.map_err(|error| foreign(&self.admin, error))?;
        Ok(frame.map(|frame| frame.into_data().unwrap_or_default()))
    }

    async fn rest(mut self) -> Result<Bytes, Unasked> {
        let body = (&mut self.body).collect().await;
        let body = body.map_err(|error| foreign(&self.admin, error))?;
        Ok(body.to_bytes())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn request(admin: &str, token: Option<&str>, method: Method, path: &str) -> http::request::Builder {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, admin);
    match token {
        Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    }
}

async fn send(
    admin: &str,
    request: http::request::Builder,
    body: Full<Bytes>,
) -> Result<Stream, Unasked> {
    let stream = TcpStream::connect(admin)
        .await
        .map_err(|error| Unasked::Nobody(admin.to_owned(), error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| foreign(admin, error))?;
    // How it ends is told by the answer.
    let driver = tokio::spawn(async { drop(connection.await) });
    let request = request.body(body).map_err(|error| foreign(admin, error))?;
    let response = sender.send_request(request).await;
    let response = response.map_err(|error| foreign(admin, error))?;
    let status = response.status();
    let (head, body) = response.into_parts();
    let stream = Stream {
        admin: admin.to_owned(),
        headers: head.headers,
        body,
        driver,
    };
    if !status.is_success() {
        let detail = detail(&stream.rest().await?);
        return Err(Unasked::Refused(admin.to_owned(), status, detail));
    }
    Ok(stream)
}

fn foreign(admin: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Unasked {
    Unasked::Foreign(admin.to_owned(), error.into())
}

/// What the problem says, without what it says around it; `/readyz` answers with a word.
fn detail(body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = || match body {
        b"draining\n" => "draining",
        _ => "no reason given",
    };
    problem["detail"].as_str().unwrap_or_else(word).to_owned()
}
