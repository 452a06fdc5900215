//! An origin that says exactly what a test tells it to, byte for byte.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Stops when dropped.
pub(crate) struct Origin {
    port: u16,
    seen: watch::Receiver<Vec<String>>,
    left: watch::Receiver<usize>,
    _task: JoinSet<()>,
}

/// What is said to one request.
#[derive(Debug, Clone)]
pub(crate) enum Script {
    /// This, and then goodbye.
    Say(Vec<u8>),
    /// The first, and then the second for ever.
    Repeat(&'static str, Vec<u8>),
    /// The first, and then one byte in each such time, for ever.
    Drip(&'static str, Duration),
    /// Nothing, until the client leaves.
    Silence,
}

impl<T: Into<String>> From<T> for Script {
    fn from(text: T) -> Self {
        Self::Say(text.into().into_bytes())
    }
}

/// A whole answer without headers of note.
pub(crate) fn ok(body: &str) -> Script {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into()
}

/// A redirect.
pub(crate) fn to(status: u16, location: &str) -> Script {
    format!("HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into()
}

/// A redirect in which `PORT` stands for the port that was asked.
pub(crate) fn to_port(request: &str, location: &str) -> Script {
    let port = request
        .split(".example:")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    to(302, &location.replace("PORT", port.unwrap_or_default()))
}

impl Origin {
    /// Answers whatever is asked of any free port; the script is told the request, head and body.
    pub(crate) async fn start(ip: IpAddr, script: impl Tell) -> Self {
        Self::on(free(ip).await, None, script)
    }

    /// The same behind TLS.
    pub(crate) async fn start_tls(ip: IpAddr, tls: TlsAcceptor, script: impl Tell) -> Self {
        Self::on(free(ip).await, Some(tls), script)
    }

    /// Two on one port, which is free at both addresses.
    pub(crate) async fn pair(
        first: (IpAddr, impl Tell),
        second: (IpAddr, impl Tell),
    ) -> (Self, Self) {
        loop {
            let one = free(first.0).await;
            let port = one.local_addr().expect("an address").port();
            if let Ok(other) = TcpListener::bind((second.0, port)).await {
                return (
                    Self::on(one, None, first.1),
                    Self::on(other, None, second.1),
                );
            }
        }
    }

    fn on(listener: TcpListener, tls: Option<TlsAcceptor>, script: impl Tell) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let (note, seen) = watch::channel(Vec::new());
        let (gone, left) = watch::channel(0);
        let mut task = JoinSet::new();
        task.spawn(serve(listener, tls, Arc::new(script), Notes { note, gone }));
        Self {
            port,
            seen,
            left,
            _task: task,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `http://host:port/`
    pub(crate) fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.port)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }

    /// Waits for the first request.
    pub(crate) async fn asked(&self) {
        let mut seen = self.seen.clone();
        seen.wait_for(|seen| !seen.is_empty())
            .await
            .expect("still there");
    }

    /// Waits until a client has left a [`Script::Silence`].
    pub(crate) async fn left(&self) {
        let mut left = self.left.clone();
        left.wait_for(|left| *left > 0).await.expect("still there");
    }
}

/// What an origin says to a request.
pub(crate) trait Tell: Fn(&str) -> Script + Send + Sync + 'static {}
impl<T: Fn(&str) -> Script + Send + Sync + 'static> Tell for T {}

async fn free(ip: IpAddr) -> TcpListener {
    TcpListener::bind((ip, 0)).await.expect("a port")
}

#[derive(Clone)]
struct Notes {
    note: watch::Sender<Vec<String>>,
    gone: watch::Sender<usize>,
}

async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    tell: Arc<impl Tell>,
    notes: Notes,
) {
    let mut talks = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (tell, notes, tls) = (Arc::clone(&tell), notes.clone(), tls.clone());
        talks.spawn(async move {
            match tls {
                None => talk(stream, tell, notes).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(stream, tell, notes).await;
                    }
                }
            }
        });
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, tell: Arc<impl Tell>, notes: Notes) {
    let request = request(&mut stream).await;
    notes.note.send_modify(|seen| seen.push(request.clone()));
    // A client may leave in the middle of anything; that is what many tests are about.
    let _ = say(&mut stream, tell(&request), &notes).await;
}

async fn say(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: Script,
    notes: &Notes,
) -> std::io::Result<()> {
    match script {
        Script::Say(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Script::Repeat(start, bytes) => {
            stream.write_all(start.as_bytes()).await?;
            loop {
                stream.write_all(&bytes).await?;
            }
        }
        Script::Drip(start, every) => {
            stream.write_all(start.as_bytes()).await?;
            loop {
                stream.write_all(b"x").await?;
                stream.flush().await?;
                tokio::time::sleep(every).await;
            }
        }
        Script::Silence => {
            let _ = stream.read(&mut [0; 1]).await;
            notes.gone.send_modify(|gone| *gone += 1);
            Ok(())
        }
    }
}

/// Head and body, by its `Content-Length`.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(length @ 1..) => bytes.extend_from_slice(&buffer[..length]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
