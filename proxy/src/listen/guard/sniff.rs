//! Tells HTTP/2 with prior knowledge from HTTP/1 by the first bytes of a connection.
//!
//! It must not know what either looks like further on. The one surprise: it decides at the first byte that differs
//! from HTTP/2's preface, usually the first of all, so a short request is never kept waiting for more. The preface is
//! awaited whole, because the engine would wait for the rest of it without a deadline.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncRead;

use super::stream::Guard;

/// What the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1, or something that will be refused as such.
    Http1,
    /// HTTP/2: the guard lets everything pass from here on.
    Http2,
    /// Nothing: it closed without a byte.
    Closed,
}

/// How an HTTP/2 client with prior knowledge begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl<S: AsyncRead + Unpin> Guard<S> {
    /// Waits for as many bytes as it takes to tell the protocol, and keeps them. May be dropped and called again.
    ///
    /// # Errors
    /// Those of reading from the inner stream.
    pub async fn sniff(&mut self) -> io::Result<Protocol> {
        poll_fn(|cx| self.poll_sniff(cx)).await
    }

    fn poll_sniff(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Protocol>> {
        loop {
            let rest = self.held.rest();
            let known = &rest[..rest.len().min(PREFACE.len())];
            if known == PREFACE {
                self.go_raw();
                self.watch.set_multiplexed();
                return Poll::Ready(Ok(Protocol::Http2));
            }
            if self.eof && known.is_empty() {
                return Poll::Ready(Ok(Protocol::Closed));
            }
            if self.eof || !PREFACE.starts_with(known) {
                self.examine();
                return Poll::Ready(Ok(Protocol::Http1));
            }
            ready!(self.poll_fill(cx))?;
            self.set_partial(!self.held.is_empty());
        }
    }
}
