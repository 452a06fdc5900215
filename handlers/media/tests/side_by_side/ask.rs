//! One request over a raw socket, and its answer taken apart.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came, but for what the connection adds and the case of names, which is the front's.
#[derive(PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Answer {
    /// The body's beginning only: some have megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begins = &self.body[..self.body.len().min(400)];
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("size", &self.body.len())
            .field("body", &String::from_utf8_lossy(begins))
            .finish()
    }
}

impl Answer {
    /// Whether the legacy removes the file after this answer.
    pub(crate) fn uses_a_file_up(&self) -> bool {
        let has_tag = self.headers.iter().any(|(name, _)| name == "etag");
        has_tag && (self.status.contains(" 200 ") || self.status.contains(" 304 "))
    }

    pub(crate) fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.to_owned();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let mut headers: Vec<_> = headers
            .filter(|(name, _)| !is_of_connection(name))
            .collect();
        // The test's HTTP server writes the length of an empty body last, wherever the handler put it.
        headers.sort_by_key(|(name, value)| name == "content-length" && value == "0");
        Some(Self {
            status,
            headers,
            body: bytes[end + 4..].to_vec(),
        })
    }
}

fn is_of_connection(name: &str) -> bool {
    matches!(name, "date" | "connection" | "keep-alive")
}

/// Sends `METHOD PATH`, and header lines after it if there are any.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> Result<Answer, Box<dyn Error>> {
    let (line, headers) = request.split_once("\r\n").unwrap_or((request, ""));
    let separator = if headers.is_empty() { "" } else { "\r\n" };
    let request =
        format!("{line} HTTP/1.1\r\nHost: media\r\nConnection: close\r\n{headers}{separator}\r\n");
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Answer::parse(&bytes).ok_or_else(|| format!("no answer to {line}").into())
}
