//! However a stream of requests is cut into reads, the same bytes come out.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::{cmp, io};

use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::listen::guard::flow::{Flow, Stop};

/// Gives its bytes in pieces of the given lengths, pending before each.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    lengths: Vec<usize>,
    turn: usize,
    ready: bool,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.ready = !self.ready;
        if self.ready {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.turn += 1;
        let length = self.lengths[self.turn % self.lengths.len()];
        let end = cmp::min(
            self.bytes.len(),
            self.at + cmp::min(length, buf.remaining()),
        );
        buf.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Reads everything through a guard with reads of `room` bytes, answering requests all the while.
async fn through(bytes: &[u8], lengths: Vec<usize>, room: usize) -> Vec<u8> {
    let pieces = Pieces {
        bytes: bytes.to_vec(),
        at: 0,
        lengths,
        turn: 0,
        ready: false,
    };
    let mut guard = Guard::new(pieces, Limits::default());
    let watch = guard.watch();
    let mut out = Vec::new();
    let mut buf = vec![0; room];
    loop {
        let len = guard.read(&mut buf).await.unwrap();
        if len == 0 {
            return out;
        }
        out.extend_from_slice(&buf[..len]);
        while watch.in_flight() > 0 {
            drop(watch.request_started());
        }
        guard.flush().await.unwrap();
    }
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let length = proptest::collection::vec(any::<u8>(), 0..60).prop_map(|body| {
        let head = format!(
            "PUT /l HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    });
    let chunked = proptest::collection::vec("[a-z\r\n]{1,20}", 0..4).prop_map(|chunks| {
        let chunks = chunks
            .iter()
            .map(|it| format!("{:x};e=1\r\n{it}\r\n", it.len()));
        let chunks: String = chunks.collect();
        let head = "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n";
        format!("{head}{chunks}0\r\nX-Sum: 1\r\n\r\n").into_bytes()
    });
    prop_oneof![
        Just(b"GET /g?x HTTP/1.1\r\nHost: a\r\nX: \t y \r\n\r\n".to_vec()),
        Just(b"\r\nGET /u HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n".to_vec()),
        length,
        chunked,
    ]
}

proptest! {
    #[test]
    fn any_cut_of_good_requests_comes_out_whole(
        requests in proptest::collection::vec(request(), 1..6),
        lengths in proptest::collection::vec(1usize..90, 1..8),
        room in 1usize..200,
    ) {
        let bytes = requests.concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let out = runtime.block_on(through(&bytes, lengths, room));
        prop_assert_eq!(out.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }

    #[test]
    fn any_bytes_end_the_same_however_they_are_cut(
        parts in proptest::collection::vec(
            prop_oneof![request(), proptest::collection::vec(any::<u8>(), 0..4)], 1..5),
        lengths in proptest::collection::vec(1usize..90, 1..8),
    ) {
        let bytes = parts.concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut whole = Flow::new(Limits::default());
        let verdict = whole.pass(&bytes);
        if verdict.upgrade || matches!(verdict.stop, Stop::BadBody(_)) {
            return Ok(());
        }
        let out = runtime.block_on(through(&bytes, lengths, 4096));
        prop_assert!(out.starts_with(&bytes[..verdict.len]));
        let expect = match verdict.stop {
            Stop::BadHead(refusal) => refusal.stand_in(),
            _ => String::new(),
        };
        prop_assert_eq!(out[verdict.len..].escape_ascii().to_string(), expect.as_bytes().escape_ascii().to_string());
    }
}
