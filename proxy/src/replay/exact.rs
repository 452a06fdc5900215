//! A connection on which given bytes go out instead of the first head that its user writes.
//!
//! hyper thinks that it has sent a request of its own and reads the answer; what the service got are our bytes. A service
//! that stops reading is no error here: why it did stands in its answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How a head ends.
const END: &[u8] = b"\r\n\r\n";

/// The connection.
pub(super) struct Exact<S> {
    stream: S,
    /// What is still to go out.
    bytes: Bytes,
    /// How much of the end of the user's head has gone by.
    ended: usize,
}

impl<S> Exact<S> {
    /// Sends `bytes` in place of the first head that is written.
    pub(super) fn new(stream: S, bytes: Bytes) -> Self {
        Self {
            stream,
            bytes,
            ended: 0,
        }
    }

    /// Takes as much of a write as belongs to the head.
    fn swallow(&mut self, written: &[u8]) -> usize {
        for (at, byte) in written.iter().enumerate() {
            self.ended = match *byte == END[self.ended] {
                true => self.ended + 1,
                false => usize::from(*byte == END[0]),
            };
            if self.ended == END.len() {
                return at + 1;
            }
        }
        written.len()
    }
}

impl<S: AsyncWrite + Unpin> Exact<S> {
    fn poll_ours(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.bytes.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.bytes)) {
                Ok(0) | Err(_) => self.bytes.clear(),
                Ok(taken) => self.bytes.advance(taken),
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Exact<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Exact<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        written: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_ours(cx));
        match self.ended < END.len() {
            true => Poll::Ready(Ok(self.swallow(written))),
            false => Pin::new(&mut self.stream).poll_write(cx, written),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn only_the_first_head_is_replaced_however_it_is_written() {
        for size in [1, 3, 100] {
            let (near, mut far) = tokio::io::duplex(1000);
            let mut exact = Exact::new(near, Bytes::from_static(b"OURS"));
            for piece in b"GET / HTTP/1.1\r\na: b\r\n\r\nthen\r\n\r\nthis".chunks(size) {
                exact.write_all(piece).await.unwrap();
            }
            drop(exact);
            let mut received = String::new();
            far.read_to_string(&mut received).await.unwrap();
            assert_eq!(received, "OURSthen\r\n\r\nthis");
        }
    }
}
