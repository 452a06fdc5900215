//! Closes a connection whose client may still be sending without destroying the answer it has not read yet.
//!
//! It must not know why. The one surprise: bytes are read only to be thrown away, since a socket closed with unread
//! input sends a reset, and a reset throws away what the client has received but not read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client gets to read its answer and close.
const LINGER: Duration = Duration::from_secs(1);

/// One wait for the client to close.
#[derive(Debug)]
pub(super) struct Linger {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl Linger {
    /// A wait of up to a second, or until `bytes` were thrown away.
    pub(super) fn new(bytes: usize) -> Linger {
        Linger {
            until: Box::pin(sleep(LINGER)),
            left: bytes,
        }
    }

    /// Ready when the client has closed, failed, sent too much or had its time.
    pub(super) fn poll<S>(&mut self, inner: &mut S, cx: &mut Context<'_>) -> Poll<()>
    where
        S: AsyncRead + Unpin,
    {
        while self.left > 0 && self.until.as_mut().poll(cx).is_pending() {
            match ready!(poll_discard(inner, cx)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(len) => self.left = self.left.saturating_sub(len),
            }
        }
        Poll::Ready(())
    }
}

/// Reads and throws away; returns how much, zero at the end of input.
pub(super) fn poll_discard<S>(inner: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<usize>>
where
    S: AsyncRead + Unpin,
{
    let mut scratch = [0; 4096];
    let mut buf = ReadBuf::new(&mut scratch);
    ready!(Pin::new(inner).poll_read(cx, &mut buf))?;
    Poll::Ready(Ok(buf.filled().len()))
}
