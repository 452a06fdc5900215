//! Asks the Tailscale daemon on this machine who is behind an address, over its socket.
//!
//! It must not know what the answer is for. The surprise: HTTP over a Unix socket, with a host name that stands for
//! nothing.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use overgrow_auth::{Identity, Whois, WhoisError};
use serde::Deserialize;
use tokio::net::UnixStream;

/// Where the daemon's socket is: Linux, and macOS without the sandbox.
const SOCKETS: [&str; 2] = [
    "/var/run/tailscale/tailscaled.sock",
    "/var/run/tailscaled.socket",
];

/// A whois of one node is a few kilobytes.
const ANSWER: usize = 1 << 20;

/// The daemon on this machine.
#[derive(Debug)]
pub(super) struct Tailscale(Vec<PathBuf>);

/// The part of the daemon's answer that is wanted.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "UserProfile")]
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(rename = "LoginName")]
    login: String,
    #[serde(rename = "DisplayName")]
    name: Option<String>,
}

impl Tailscale {
    pub(super) fn of_this_machine() -> Self {
        Self(SOCKETS.map(PathBuf::from).to_vec())
    }

    async fn connect(&self) -> Result<UnixStream, WhoisError> {
        let mut failed = WhoisError::Failed("no socket of the Tailscale daemon is known".into());
        for socket in &self.0 {
            match UnixStream::connect(socket).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = at(socket, &error),
            }
        }
        Err(failed)
    }

    async fn ask(&self, address: IpAddr) -> Result<(StatusCode, bytes::Bytes), WhoisError> {
        let stream = TokioIo::new(self.connect().await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(failed)?;
        let connection = tokio::spawn(connection);
        let request = Request::get(format!("/localapi/v0/whois?addr={}", spelt(address)))
            .header(header::HOST, "local-tailscaled.sock")
            .body(Empty::<bytes::Bytes>::new())
            .map_err(failed)?;
        let answer = sender.send_request(request).await.map_err(failed)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER).collect().await;
        connection.abort();
        let body = body.map_err(|error| WhoisError::Failed(error.to_string()))?;
        Ok((status, body.to_bytes()))
    }
}

#[async_trait]
impl Whois for Tailscale {
    async fn whois(&self, address: IpAddr) -> Result<Option<Identity>, WhoisError> {
        let (status, body) = self.ask(address).await?;
        match status {
            StatusCode::OK => identity(&body),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(WhoisError::Failed(format!("the daemon answered {status}"))),
        }
    }
}

fn identity(body: &[u8]) -> Result<Option<Identity>, WhoisError> {
    let answer: Answer = serde_json::from_slice(body).map_err(failed)?;
    let profile = answer.profile.filter(|profile| !profile.login.is_empty());
    Ok(profile.map(|profile| Identity {
        login: profile.login,
        name: profile.name,
    }))
}

/// A colon may not stand in a query as it is.
fn spelt(address: IpAddr) -> String {
    address.to_string().replace(':', "%3A")
}

fn at(socket: &Path, error: &std::io::Error) -> WhoisError {
    WhoisError::Failed(format!("{}: {error}", socket.display()))
}

fn failed(error: impl std::fmt::Display) -> WhoisError {
    WhoisError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    use super::*;

    /// A daemon that answers one question; gives what was asked and what that became.
    async fn whois(
        status: &str,
        body: &'static str,
    ) -> (String, Result<Option<Identity>, WhoisError>) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("tailscaled.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let daemon = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        });
        let tailscale = Tailscale(vec![folder.path().join("nothing-here"), socket]);
        let said = tailscale.whois("100.64.0.7".parse().unwrap()).await;
        (daemon.await.unwrap(), said)
    }

    #[tokio::test]
    async fn a_node_is_its_user() {
        let body = r#"{"Node":{"ID":1},"UserProfile":{"LoginName":"ada@example.com","DisplayName":"Ada"}}"#;
        let (asked, said) = whois("200 OK", body).await;
        assert!(asked.starts_with("GET /localapi/v0/whois?addr=100.64.0.7 HTTP/1.1\r\n"));
        let identity = said.unwrap().unwrap();
        assert_eq!(
            (&*identity.login, identity.name.as_deref()),
            ("ada@example.com", Some("Ada"))
        );
    }

    #[tokio::test]
    async fn nobody_is_an_answer_and_anything_else_a_failure() {
        assert_eq!(whois("404 Not Found", "no match").await.1, Ok(None));
        assert!(whois("403 Forbidden", "").await.1.is_err());
        assert!(whois("200 OK", "<html>").await.1.is_err());
    }

    #[tokio::test]
    async fn a_daemon_that_is_not_there_is_named() {
        let missing = Tailscale(vec!["/nonexistent/tailscaled.sock".into()]);
        let error = missing.whois("::1".parse().unwrap()).await.unwrap_err();
        assert!(
            error.to_string().contains("/nonexistent/tailscaled.sock"),
            "{error}"
        );
    }
}
