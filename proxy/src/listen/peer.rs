//! The other end of a connection.

use std::any::Any;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Shared by all requests of one connection.
#[derive(Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
    passengers: Mutex<Vec<Box<dyn Any + Send>>>,
}

impl Peer {
    /// The peer of a connection that was just accepted.
    pub fn new(address: SocketAddr, tls: bool) -> Self {
        Self {
            address,
            tls,
            passengers: Mutex::default(),
        }
    }

    /// Keeps something until the connection itself is gone, also past an upgrade.
    pub fn keep(&self, passenger: Box<dyn Any + Send>) {
        self.passengers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(passenger);
    }
}

/// A connection that carries its peer: what the peer keeps is dropped with the connection.
#[derive(Debug)]
pub(super) struct Carrying<S> {
    pub(super) stream: S,
    pub(super) _peer: Arc<Peer>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Carrying<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Carrying<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
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
}
