//! The writing side of the guarded stream: everything passes, and closing takes care of the answer.
//!
//! It must not know what was written. The one surprise: closing may take a second, because a client that was refused
//! in the middle of sending has to be listened to a little longer (see `linger`).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};

use super::flow::At;
use super::linger::Linger;
use super::stream::Guard;

/// How far closing has come.
#[derive(Debug)]
pub(super) enum Close {
    Open,
    Lingering(Linger),
    Closed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// The engine flushes only when it has nothing left to write, so this is where the answers to the requests that
    /// have finished are known to be out.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        ready!(Pin::new(&mut guard.inner).poll_flush(cx))?;
        let finished = guard.watch.finished();
        if guard.flushed != finished {
            guard.flushed = finished;
            if guard.eof {
                // The reader may be waiting for just this.
                cx.waker().wake_by_ref();
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Closes the writing half, then waits for a client that may still be sending, at most a second.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        if matches!(guard.close, Close::Open) {
            ready!(Pin::new(&mut guard.inner).poll_shutdown(cx))?;
            guard.close = guard.close_now();
        }
        if let Close::Lingering(linger) = &mut guard.close {
            ready!(linger.poll(&mut guard.inner, cx));
            guard.close = Close::Closed;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S> Guard<S> {
    /// A client that was refused, or whose body nobody wanted, may still be sending.
    fn close_now(&self) -> Close {
        let sending = !self.eof && (self.flow.in_body() || matches!(self.flow.at(), At::Refused));
        match sending {
            true => Close::Lingering(Linger::new(self.flow.limits().linger)),
            false => Close::Closed,
        }
    }
}
