//! One WebSocket of the load generator: opened by hand, then frames of a fixed size back and forth.
//!
//! It must not know how many there are or for how long. The surprise: an echo is recognised by its length alone, since nothing else
//! travels on these connections.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::frame;

/// The key of RFC 6455's own example; every socket may use the same.
const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: bench.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// An answer to the handshake that is longer than this is not one.
const LONGEST_ANSWER: usize = 4096;

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
}

impl Socket {
    /// Connects and upgrades; anything but a 101 is an error.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(HANDSHAKE.as_bytes()).await?;
        let answer = head(&mut stream).await?;
        if answer.starts_with(b"HTTP/1.1 101") {
            return Ok(Self { stream });
        }
        Err(io::Error::other(
            String::from_utf8_lossy(&answer).into_owned(),
        ))
    }

    /// Sends `depth` frames of `payload` bytes and keeps as many under way, calling `echoed` at each whole echo until it says stop.
    pub async fn ping_pong(
        &mut self,
        payload: usize,
        depth: usize,
        mut echoed: impl FnMut() -> Next,
    ) -> io::Result<()> {
        let ping = frame::from_client(payload);
        let pong = frame::size_from_server(payload);
        let mut buffer = vec![0; pong.max(LONGEST_ANSWER)];
        let mut received = 0;
        self.stream.write_all(&ping.repeat(depth)).await?;
        loop {
            received += self.stream.read(&mut buffer).await.and_then(some)?;
            while received >= pong {
                received -= pong;
                if echoed() == Next::Stop {
                    return Ok(());
                }
                self.stream.write_all(&ping).await?;
            }
        }
    }
}

/// What a socket does after an echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Sends the next frame.
    Send,
    /// Leaves.
    Stop,
}

async fn head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut answer = Vec::with_capacity(LONGEST_ANSWER);
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < LONGEST_ANSWER {
        stream.read_buf(&mut answer).await.and_then(some)?;
    }
    Ok(answer)
}

fn some(read: usize) -> io::Result<usize> {
    match read {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        read => Ok(read),
    }
}
