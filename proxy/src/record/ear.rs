//! Connections that are overheard: whoever reads from one gets every byte, and so do the notes.
//!
//! It must not know what the bytes mean, nor what they are joined to. The surprise: only reads are heard. What is read
//! from one side is what is written to the other.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use overgrow_parity::trace::Way;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::conversation::Open;

/// For both sides of a WebSocket that is about to open. They travel with the answer that opens it, as its extension.
#[derive(Clone)]
pub struct Ears(pub(super) Arc<Open>);

impl Ears {
    /// The client's connection, overheard until it is dropped.
    pub fn client<S>(&self, stream: S) -> Overheard<S> {
        self.at(stream, Way::Send)
    }

    /// The service's.
    pub fn service<S>(&self, stream: S) -> Overheard<S> {
        self.at(stream, Way::Receive)
    }

    fn at<S>(&self, stream: S, way: Way) -> Overheard<S> {
        let ears = self.clone();
        Overheard { stream, way, ears }
    }
}

/// A connection that is overheard.
pub struct Overheard<S> {
    stream: S,
    way: Way,
    ears: Ears,
}

impl<S> Overheard<S> {
    fn hear(&self, bytes: &[u8]) {
        if let Some(heard) = &self.ears.0.draft.heard {
            heard.take(self.way, bytes);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.hear(&buffer.filled()[before..]);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
