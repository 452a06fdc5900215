//! An origin that says exactly what a test tells it to, and remembers what it was asked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Stops when dropped.
pub(super) struct Origin {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Origin {
    /// Answers each request with what `tell` makes of it, byte for byte.
    pub(super) async fn start(tell: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into(), tell).await
    }

    pub(super) async fn at(
        ip: IpAddr,
        tell: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let (note, tell) = (Arc::clone(&seen), Arc::new(tell));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (note, tell) = (Arc::clone(&note), Arc::clone(&tell));
                talks.spawn(async move { talk(stream, &note, &*tell).await });
            }
        });
        Self {
            port,
            seen,
            _task: task,
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// All requests so far, heads in lower case and bodies as they are.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// A whole answer.
pub(super) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A redirect.
pub(super) fn to(status: u16, place: &str) -> String {
    format!("HTTP/1.1 {status} Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n")
}

async fn talk(
    mut stream: TcpStream,
    note: &Mutex<Vec<String>>,
    tell: &(dyn Fn(&str) -> String + Sync),
) {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(length @ 1..) => bytes.extend_from_slice(&buffer[..length]),
            _ => break,
        }
    }
    let request = String::from_utf8_lossy(&bytes).into_owned();
    note.lock().unwrap().push(request.clone());
    // A client may leave in the middle of an answer.
    let _ = stream.write_all(tell(&request).as_bytes()).await;
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
