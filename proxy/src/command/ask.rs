//! Asks the admin listener of a running sidecar.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A sidecar on this machine answers in milliseconds; one that does not is not there.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unasked {
    #[error(
        "no sidecar answers at {0}: is `overgrow serve` running, and is this its admin address?"
    )]
    Nobody(String, #[source] std::io::Error),
    #[error("{0} does not speak the admin API")]
    Foreign(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{0} answers {1}")]
    Refused(String, http::StatusCode),
    #[error("{0} does not answer in time")]
    Late(String),
}

/// `GET path`, as JSON.
pub(super) fn get(
    admin: &str,
    token: Option<&str>,
    path: &str,
) -> Result<serde_json::Value, Unasked> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Unasked::Nobody(admin.to_owned(), error))?;
    let asking = async { tokio::time::timeout(PATIENCE, ask(admin, token, path)).await };
    runtime
        .block_on(asking)
        .unwrap_or_else(|_| Err(Unasked::Late(admin.to_owned())))
}

async fn ask(admin: &str, token: Option<&str>, path: &str) -> Result<serde_json::Value, Unasked> {
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
        return Err(Unasked::Refused(admin.to_owned(), status));
    }
    serde_json::from_slice(&body).map_err(|error| foreign(error.into()))
}
