//! Bytes that were read but not yet handed on: some cleared to go, the rest still to be judged.
//!
//! It must not know why they are held. The one surprise: it gives its memory back whenever it is empty, because
//! thousands of idle connections should not keep a buffer each.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::respell::respell;

/// Room made before each read: most heads fit.
const READ: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Held {
    /// Cleared and respelled; before all that is in `bytes`.
    ready: BytesMut,
    bytes: BytesMut,
    cleared: usize,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.ready.is_empty()
    }

    /// Some bytes are cleared to go.
    pub(super) fn is_cleared(&self) -> bool {
        self.cleared > 0 || !self.ready.is_empty()
    }

    /// The bytes still to be judged.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.cleared..]
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Clears the next `len` bytes.
    pub(super) fn clear_to_go(&mut self, len: usize) {
        self.cleared += len;
    }

    /// Respells the target of the head that the last `len` cleared bytes are. Each byte is moved once, however many
    /// heads are held.
    pub(super) fn respell_last(&mut self, len: usize) {
        let cleared = self.bytes.split_to(self.cleared);
        self.cleared = 0;
        let (before, head) = cleared.split_at(cleared.len() - len);
        self.ready.extend_from_slice(before);
        respell(head, &mut self.ready);
    }

    /// Drops what was not cleared.
    pub(super) fn drop_rest(&mut self) {
        self.bytes.truncate(self.cleared);
        self.shrink();
    }

    /// Moves as many cleared bytes as fit.
    pub(super) fn hand_over(&mut self, buf: &mut ReadBuf<'_>) {
        if !self.ready.is_empty() {
            let len = self.ready.len().min(buf.remaining());
            buf.put_slice(&self.ready.split_to(len));
            return self.shrink();
        }
        let len = self.cleared.min(buf.remaining());
        buf.put_slice(&self.bytes[..len]);
        self.bytes.advance(len);
        self.cleared -= len;
        self.shrink();
    }

    /// Reads more; returns how much, zero at the end of input.
    pub(super) fn poll_fill<S>(
        &mut self,
        inner: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>>
    where
        S: AsyncRead + Unpin,
    {
        self.bytes.reserve(READ);
        let read = ready!(pin!(inner.read_buf(&mut self.bytes)).poll(cx));
        Poll::Ready(read)
    }

    fn shrink(&mut self) {
        if self.ready.is_empty() {
            self.ready = BytesMut::new();
        }
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
    }
}

/// Reads into the unused part of `buf` and returns how much, zero at the end of input.
pub(super) fn poll_direct<S>(
    inner: &mut S,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<usize>>
where
    S: AsyncRead + Unpin,
{
    let before = buf.filled().len();
    ready!(Pin::new(inner).poll_read(cx, buf))?;
    Poll::Ready(Ok(buf.filled().len() - before))
}
