//! An upstream of our own that remembers what reached it and moves bytes as fast as a socket takes them.
//!
//! It must not know the sidecar. It speaks plain HTTP/1.1: `GET /down/N` sends N bytes, every other request is read to its end and
//! answered with the number of body bytes. The surprise: a request whose body breaks off is in `heads` but not in `completed`.

use anyhow::Result;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One read or write: large enough that system calls do not count.
const PIECE: usize = 256 * 1024;

/// A running origin; ended on drop.
pub struct Origin {
    address: SocketAddr,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    completed: AtomicUsize,
    heads: Mutex<Vec<String>>,
}

impl Origin {
    /// Starts it on a free port.
    pub async fn start() -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts it where another one has been before.
    pub async fn start_at(address: SocketAddr) -> Result<Self> {
        let seen = Arc::new(Seen::default());
        let recorded = Arc::clone(&seen);
        let serve = move |stream| {
            let seen = Arc::clone(&recorded);
            // An error is the end of the connection; the test sees what it led to.
            async move { drop(serve(stream, &seen).await) }
        };
        Self::listen(address, seen, serve).await
    }

    /// Starts one that does with each connection whatever `serve` does.
    pub async fn start_with<F, S>(serve: S) -> Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Send + 'static,
    {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::listen(address, Arc::default(), serve).await
    }

    async fn listen<F, S>(address: SocketAddr, seen: Arc<Seen>, serve: S) -> Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Send + 'static,
    {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            seen: Arc::clone(&seen),
            accepting: accept(listener, seen, serve),
        })
    }

    /// Ends it; when this returns, its port refuses connections.
    pub async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many requests were read to their end.
    pub fn completed(&self) -> usize {
        self.seen.completed.load(Ordering::SeqCst)
    }

    /// Every request head so far as it came, one char per byte, with its empty line.
    pub fn heads(&self) -> Vec<String> {
        self.seen.heads().clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Seen {
    fn heads(&self) -> MutexGuard<'_, Vec<String>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a request head up to and with its empty line, one char per byte. `None` when the peer closes before it.
pub async fn read_head(
    reader: &mut (impl AsyncBufReadExt + Unpin),
) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head.into_iter().map(char::from).collect()))
}

fn accept<F, S>(listener: TcpListener, seen: Arc<Seen>, serve: S) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream) -> F + Send + 'static,
{
    tokio::spawn(async move {
        // A set ends its tasks with itself, so a dropped origin takes its connections along.
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            seen.connections.fetch_add(1, Ordering::SeqCst);
            let _ = stream.set_nodelay(true);
            connections.spawn(serve(stream));
            while connections.try_join_next().is_some() {}
        }
    })
}

async fn serve(stream: TcpStream, seen: &Seen) -> Result<()> {
    let mut stream = BufReader::with_capacity(PIECE, stream);
    while let Some(head) = read_head(&mut stream).await? {
        seen.heads().push(head.clone());
        let received = drain(&mut stream, &head).await?;
        seen.completed.fetch_add(1, Ordering::SeqCst);
        match wanted(&head) {
            Some(bytes) => send(stream.get_mut(), bytes).await?,
            None => count(stream.get_mut(), received).await?,
        }
    }
    Ok(())
}

fn wanted(head: &str) -> Option<u64> {
    let target = head.split(' ').nth(1)?;
    target.strip_prefix("/down/")?.parse().ok()
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

async fn drain(stream: &mut BufReader<TcpStream>, head: &str) -> Result<u64> {
    if value(head, "transfer-encoding").is_some() {
        return drain_chunks(stream).await;
    }
    let length = value(head, "content-length").map_or(Ok(0), str::parse)?;
    skip(stream, length).await?;
    Ok(length)
}

async fn drain_chunks(stream: &mut BufReader<TcpStream>) -> Result<u64> {
    let mut total = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let size = u64::from_str_radix(line.trim_end(), 16)?;
        if size == 0 {
            break;
        }
        total += size;
        skip(stream, size + 2).await?;
    }
    // Trailers, up to and with the empty line.
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    Ok(total)
}

async fn skip(stream: &mut BufReader<TcpStream>, length: u64) -> Result<()> {
    let mut limited = stream.take(length);
    let skipped = tokio::io::copy_buf(&mut limited, &mut tokio::io::sink()).await?;
    anyhow::ensure!(skipped == length, "the body broke off");
    Ok(())
}

async fn send(stream: &mut TcpStream, mut left: u64) -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {left}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let piece = vec![b'x'; PIECE];
    while left > 0 {
        let here = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        stream.write_all(&piece[..here]).await?;
        left -= here as u64;
    }
    Ok(())
}

async fn count(stream: &mut TcpStream, received: u64) -> Result<()> {
    let body = received.to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Ok(stream.write_all(answer.as_bytes()).await?)
}
