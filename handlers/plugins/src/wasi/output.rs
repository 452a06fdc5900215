//! What a guest prints, as lines of its log.
//!
//! The surprise: writing never fails and never waits. A guest that prints too much is cut, not slowed down, because its
//! deadline is for its work.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tracing::{info, warn};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Bytes of one line; the rest of a longer one is dropped.
const LINE: usize = 4 * 1024;
/// Lines that one instance may print; what comes after is counted. A panic takes three.
const LINES: usize = 100;
/// Bytes taken in one go. It is only what guests are told: they split what is longer.
const PIECE: usize = 64 * 1024;

/// What an instance printed: cheap to clone, and clones are the same.
#[derive(Clone)]
pub(crate) struct Printed(Arc<Page>);

struct Page {
    plugin: String,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    lines: usize,
    last: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Error,
}

/// One of the two streams.
#[derive(Clone)]
pub(super) struct Output {
    stream: Stream,
    printed: Printed,
    /// Begun and not ended; both handles that a guest may open write to the same.
    line: Arc<Mutex<Vec<u8>>>,
}

impl Printed {
    pub(crate) fn new(plugin: &str) -> Self {
        Self(Arc::new(Page {
            plugin: plugin.to_owned(),
            written: Mutex::default(),
        }))
    }

    /// The last line that was printed, of either stream; empty when there was none.
    pub(crate) fn last(&self) -> String {
        self.written().last.clone()
    }

    /// Begins the next call of an instance that lives longer than one.
    pub(crate) fn turn(&self) {
        *self.written() = Written::default();
    }

    fn line(&self, stream: Stream, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        let text = visible(text);
        let plugin = self.0.plugin.as_str();
        let mut written = self.written();
        written.lines += 1;
        match written.lines {
            ..=LINES if stream == Stream::Out => info!(plugin, "{text}"),
            ..=LINES => warn!(plugin, "{text}"),
            n if n == LINES + 1 => {
                warn!(plugin, "prints more than {LINES} lines: no more are kept")
            }
            _ => {}
        }
        written.keep(text);
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        let written = &self.0.written;
        written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    /// A Rust guest panics in three lines: where, with a colon at its end; why; and advice for somebody else.
    fn keep(&mut self, line: String) {
        if line.starts_with("note: run with `RUST_BACKTRACE") {
            return;
        }
        if self.last.ends_with(':') {
            self.last = format!("{} {line}", self.last);
        } else {
            self.last = line;
        }
    }
}

/// Without what would move a terminal's cursor or begin a line that looks like the host's.
fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_control() {
            true => line.extend(letter.escape_default()),
            false => line.push(letter),
        }
    }
    line
}

impl Output {
    pub(super) fn new(stream: Stream, printed: &Printed) -> Self {
        Self {
            stream,
            printed: printed.clone(),
            line: Arc::default(),
        }
    }

    fn take(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE - line.len();
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.printed.line(self.stream, &line);
                line.clear();
            }
        }
    }
}

impl Drop for Output {
    /// What was printed without a line's end is a line too, once nobody can end it.
    fn drop(&mut self) {
        if let Some(line) = Arc::get_mut(&mut self.line) {
            let line = line.get_mut().unwrap_or_else(PoisonError::into_inner);
            self.printed.line(self.stream, line);
        }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PIECE)
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines_and_the_last_is_kept() {
        let printed = Printed::new("p");
        let output = Output::new(Stream::Error, &printed);
        output.take(b"one\ntw");
        assert_eq!(printed.last(), "one");
        output.take(b"o\n\n");
        assert_eq!(
            (printed.last().as_str(), printed.written().lines),
            ("two", 2)
        );
        let other = output.clone();
        other.take(b"no end \x1b[0m");
        drop(output);
        assert_eq!(printed.last(), "two");
        drop(other);
        assert_eq!(printed.last(), "no end \\u{1b}[0m");
    }

    #[test]
    fn a_panic_is_where_and_why() {
        let printed = Printed::new("p");
        let output = Output::new(Stream::Error, &printed);
        output.take(b"thread 'x' panicked at src/lib.rs:7:5:\non purpose\n");
        output.take(b"note: run with `RUST_BACKTRACE=1` environment variable\n");
        assert_eq!(
            printed.last(),
            "thread 'x' panicked at src/lib.rs:7:5: on purpose"
        );
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let printed = Printed::new("p");
        let output = Output::new(Stream::Out, &printed);
        for _ in 0..100 {
            output.take(&[b'x'; 1000]);
        }
        assert_eq!(output.line.lock().expect("sound").len(), LINE);
        output.take(b"\nnext\n");
        assert_eq!(printed.last(), "next");
    }
}
