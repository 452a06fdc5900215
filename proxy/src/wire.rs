//! What both hops ask of a socket: few and cheap system calls for writing, and word of a peer that vanished.
//!
//! The HTTP engine hands over a head and a piece of body as two slices. The surprise: for small ones it is cheaper to
//! copy them together and send one buffer than to have the kernel walk a list.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A peer that says nothing for a minute is asked whether it is still there, four times within another.
const PROBES: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Has the system notice a peer that vanished without a word: an idle tunnel would wait for it for ever. Accepted
/// sockets take it over from the listening one. Where it cannot be set, such a peer stays, and nothing else is wrong.
pub(crate) fn notice_vanished<'s, S>(socket: &'s S)
where
    SockRef<'s>: From<&'s S>,
{
    if let Err(error) = SockRef::from(socket).set_tcp_keepalive(&PROBES) {
        tracing::debug!(%error, "no keep-alive probes");
    }
}

/// Up to here copying is cheaper than a list of slices, by measurement.
const SMALL: usize = 4096;

/// A stream that gathers small writes.
#[derive(Debug)]
pub(crate) struct Gathering<S>(pub(crate) S);

impl<S: AsyncRead + Unpin> AsyncRead for Gathering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.0);
        if let [one] = slices {
            return stream.poll_write(cx, one);
        }
        if slices.iter().map(|slice| slice.len()).sum::<usize>() > SMALL {
            return stream.poll_write_vectored(cx, slices);
        }
        let mut together = [0; SMALL];
        stream.poll_write(cx, gather(slices, &mut together))
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

fn gather<'a>(slices: &[IoSlice<'_>], into: &'a mut [u8; SMALL]) -> &'a [u8] {
    let mut end = 0;
    for slice in slices {
        into[end..end + slice.len()].copy_from_slice(slice);
        end += slice.len();
    }
    &into[..end]
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn slices_arrive_in_order_whatever_their_size() {
        for size in [1, SMALL / 2, SMALL] {
            let (near, mut far) = tokio::io::duplex(4 * SMALL);
            let (one, two) = (vec![b'1'; size], vec![b'2'; size]);
            let mut near = Gathering(near);
            let written = near
                .write_vectored(&[IoSlice::new(&one), IoSlice::new(&two)])
                .await
                .unwrap();
            drop(near);
            let mut received = Vec::new();
            far.read_to_end(&mut received).await.unwrap();
            assert_eq!(received, [one, two].concat()[..written]);
        }
    }
}
