//! Two connections joined after an upgrade: bytes go across untouched until both sides have finished.
//!
//! An idle tunnel holds no buffer: reads land in one scratch area per thread and are written on at once; only what
//! the other side did not take is kept. That is what makes ten thousand idle sockets cheap.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Large frames cross in few reads; 16 KiB was measured to halve their throughput.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// Carries bytes both ways until both directions have ended or one of them fails. Dropping it cuts both connections.
///
/// # Errors
/// The first error of either connection.
pub async fn join<A, B>(mut one: A, mut other: B) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let mut there = Direction::default();
    let mut back = Direction::default();
    std::future::poll_fn(|cx| {
        let first = there.poll(cx, &mut one, &mut other)?;
        let second = back.poll(cx, &mut other, &mut one)?;
        match (first, second) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    })
    .await
}

/// One direction of a tunnel.
#[derive(Default)]
struct Direction {
    stage: Stage,
    /// Read, but not yet taken by the writer.
    held: BytesMut,
    /// Whether the writer may still sit on bytes.
    unflushed: bool,
}

#[derive(Default, Clone, Copy)]
enum Stage {
    #[default]
    Copying,
    Closing,
    Done,
}

impl Direction {
    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        writer: &mut W,
    ) -> io::Result<Poll<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        match self.run(cx, reader, writer) {
            Poll::Ready(Ok(())) => Ok(Poll::Ready(())),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Ok(Poll::Pending),
        }
    }

    fn run<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        writer: &mut W,
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            match self.stage {
                Stage::Copying => ready!(self.copy(cx, reader, writer))?,
                Stage::Closing => {
                    ready!(Pin::new(&mut *writer).poll_shutdown(cx))?;
                    self.stage = Stage::Done;
                }
                Stage::Done => return Poll::Ready(Ok(())),
            }
        }
    }

    /// One step: hand on what is held, else read and hand on.
    fn copy<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        writer: &mut W,
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        if !self.held.is_empty() {
            return self.write_held(cx, writer);
        }
        BUFFER.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let Poll::Ready(read) = Pin::new(reader).poll_read(cx, &mut buffer) else {
                return self.flush(cx, writer);
            };
            read?;
            match buffer.filled() {
                [] => self.stage = Stage::Closing,
                bytes => self.write(cx, writer, bytes)?,
            }
            Poll::Ready(Ok(()))
        })
    }

    fn write_held<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
    ) -> Poll<io::Result<()>> {
        let taken = ready!(Pin::new(writer).poll_write(cx, &self.held))?;
        self.note_taken(taken)?;
        self.held.advance(taken);
        if self.held.is_empty() {
            // A tunnel that was busy once must not keep its buffer for life.
            self.held = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    fn write<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
        bytes: &[u8],
    ) -> io::Result<()> {
        let taken = match Pin::new(writer).poll_write(cx, bytes) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => {
                self.held.extend_from_slice(bytes);
                return Ok(());
            }
        };
        self.note_taken(taken)?;
        self.held.extend_from_slice(&bytes[taken..]);
        Ok(())
    }

    fn note_taken(&mut self, taken: usize) -> io::Result<()> {
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.unflushed = true;
        Ok(())
    }

    /// Called when there is nothing to read: nothing may be left behind in the writer meanwhile.
    fn flush<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
    ) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(Pin::new(writer).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Small pipes, so that every write is cut short and held.
    fn pipes() -> (
        tokio::io::DuplexStream,
        tokio::io::DuplexStream,
        tokio::task::JoinHandle<io::Result<()>>,
    ) {
        let (client, near) = tokio::io::duplex(100);
        let (far, server) = tokio::io::duplex(37);
        (client, server, tokio::spawn(join(near, far)))
    }

    #[tokio::test]
    async fn bytes_cross_whole_and_in_order() {
        let (mut client, mut server, tunnel) = pipes();
        let sent: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let upload = sent.clone();
        let writing = tokio::spawn(async move {
            client.write_all(&upload).await.unwrap();
            client.shutdown().await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        });
        let mut received = Vec::new();
        server.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, sent);
        // The other direction is still open after the first has ended.
        server.write_all(b"got it").await.unwrap();
        drop(server);
        assert_eq!(writing.await.unwrap(), "got it");
        tunnel.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_dropped_tunnel_cuts_both_sides() {
        let (mut client, mut server, tunnel) = pipes();
        tunnel.abort();
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    }
}
