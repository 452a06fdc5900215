//! An HTTP/2 client on one connection, in the clear or over TLS.
//!
//! It must not know what is asked. The surprise: it is hyper's client, as in the sidecar; what it is for is HTTP/2 as the sidecar's
//! clients see it, and those who want a second opinion run curl beside it.

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// One connection; closed on drop, when its answers are read.
pub struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
}

/// An answer read to its end.
pub struct Read {
    /// The status, headers and so on.
    pub head: http::response::Parts,
    /// The whole body.
    pub body: Bytes,
    /// What came after it; empty when nothing did.
    pub trailers: HeaderMap,
}

impl Http2 {
    /// Connects with prior knowledge: no upgrade, no TLS.
    pub async fn connect(to: SocketAddr) -> Result<Self> {
        Self::over(TcpStream::connect(to).await?, to.to_string()).await
    }

    /// Speaks over a stream on which HTTP/2 has been agreed.
    pub async fn over(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        authority: String,
    ) -> Result<Self> {
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        // It ends with the sender; an error of it is seen by whoever waits for an answer.
        tokio::spawn(connection);
        Ok(Self { sender, authority })
    }

    /// Sends a request to `path` and waits for the head of its answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Response<Incoming>> {
        let uri = format!("http://{}{path}", self.authority);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut sender = self.sender.clone();
        sender.ready().await?;
        let sent = sender.send_request(request.body(Full::new(body.into()))?);
        Ok(sent.await?)
    }

    /// A GET, read to its end; anything but 200 is an error.
    pub async fn get(&self, path: &str) -> Result<Read> {
        let read = read(self.send("GET", path, &[], Bytes::new()).await?).await?;
        ensure!(read.head.status == 200, "{path}: {}", read.head.status);
        Ok(read)
    }
}

/// Reads an answer to its end.
pub async fn read(response: Response<Incoming>) -> Result<Read> {
    let (head, body) = response.into_parts();
    let collected = body.collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let body = collected.to_bytes();
    Ok(Read {
        head,
        body,
        trailers,
    })
}
