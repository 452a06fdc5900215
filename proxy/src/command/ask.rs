//! Asks the admin listener of a running sidecar.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

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
    token: Option<String>,
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

    fn at(file: &Path, admin: Option<String>) -> Self {
        // A file with faults is no reason not to ask: the sidecar may run on the last good one.
        let server = config::salvage(&std::fs::read_to_string(file).unwrap_or_default());
        let by_file = || server.admin.unwrap_or(ServerConfig::default().admin);
        Self {
            address: admin.unwrap_or_else(|| by_file().to_string()),
            token: server.admin_token.and_then(|secret| secret.read().ok()),
        }
    }

    /// `GET path`, as JSON.
    pub(super) fn get(&self, path: &str) -> Result<Value, Unasked> {
        self.get_within(PATIENCE, path)
    }

    /// The same, if somebody is there to answer at once.
    pub(super) fn glance(&self, path: &str) -> Option<Value> {
        self.get_within(GLANCE, path).ok()
    }

    fn get_within(&self, patience: Duration, path: &str) -> Result<Value, Unasked> {
        let admin = &self.address;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Unasked::Nobody(admin.clone(), error))?;
        let asking = ask(admin, self.token.as_deref(), path);
        let asking = async { tokio::time::timeout(patience, asking).await };
        runtime
            .block_on(asking)
            .unwrap_or_else(|_| Err(Unasked::Late(admin.clone())))
    }
}

async fn ask(admin: &str, token: Option<&str>, path: &str) -> Result<Value, Unasked> {
    let foreign =
        |error: Box<dyn std::error::Error + Send + Sync>| Unasked::Foreign(admin.to_owned(), error);
    let stream = TcpStream::connect(admin)
        .await
        .map_err(|error| Unasked::Nobody(admin.to_owned(), error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| foreign(error.into()))?;
    let mut request = Request::get(path).header(header::HOST, admin);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|error| foreign(error.into()))?;
    // The sender goes with the block: the connection ends when it is dropped.
    let answering = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    let (answered, _) = tokio::join!(answering, connection);
    let (status, body) = answered.map_err(|error| foreign(error.into()))?;
    if !status.is_success() {
        return Err(Unasked::Refused(admin.to_owned(), status, detail(&body)));
    }
    serde_json::from_slice(&body).map_err(|error| foreign(error.into()))
}

/// What the problem says, without what it says around it.
fn detail(body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    problem["detail"]
        .as_str()
        .unwrap_or("no reason given")
        .to_owned()
}
