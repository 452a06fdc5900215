//! HTTP/1.1 at the level of bytes: send exactly these, get back exactly what was answered.
//!
//! It must not repair anything: header names keep their case and order, a cut answer is reported as cut.
//! The surprise: it reads while it still writes, because an answer may come before the request is out, and a write that fails
//! because the peer has closed is not an error; what the peer said before is the result.

mod answer;
mod reader;

pub use answer::{Answer, Header, Outcome, Silence};

use reader::Reader;
use std::io;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

/// One connection on which requests are sent and answers read, in turn.
pub struct Wire {
    reader: Reader,
    writer: OwnedWriteHalf,
}

impl Wire {
    /// Connects with Nagle's algorithm off, so that what is sent in pieces arrives in pieces.
    pub async fn connect(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        Ok(Self {
            reader: Reader::new(reader),
            writer,
        })
    }

    /// Sends bytes without waiting for anything. Fails when the peer has closed.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes).await
    }

    /// Closes our side only: the peer sees the end of the stream and can still answer.
    pub async fn finish(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }

    /// Reads one answer; `method` decides whether it has a body. Waits ten seconds for each piece.
    pub async fn answer(&mut self, method: &str) -> Outcome {
        self.reader.outcome(method).await
    }

    /// The next `n` bytes as they come, for what is not HTTP/1.1.
    pub async fn bytes(&mut self, n: usize) -> io::Result<Vec<u8>> {
        self.reader.bytes(n).await
    }

    /// Whether the peer closes the connection within two seconds, without another byte.
    pub async fn closes(&mut self) -> bool {
        self.reader.closes().await
    }

    /// Sends a whole request and reads its answer, both at once. `Expect: 100-continue` is honoured: the body
    /// follows the interim answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Outcome {
        let (head, body) = request.split_at(end_of_head(request));
        let method = String::from_utf8_lossy(head.split(|b| *b == b' ').next().unwrap_or_default())
            .into_owned();
        if !expects_continue(head) {
            return self.send_and_read(request, &method).await;
        }
        let _ = self.writer.write_all(head).await;
        let interim = self.reader.interim().await;
        let mut outcome = self.send_and_read(body, &method).await;
        if let (Outcome::Answer(answer), Some(status_line)) = (&mut outcome, interim) {
            answer.interim.insert(0, status_line);
        }
        outcome
    }

    async fn send_and_read(&mut self, bytes: &[u8], method: &str) -> Outcome {
        let (_, outcome) = tokio::join!(self.writer.write_all(bytes), self.reader.outcome(method));
        outcome
    }
}

/// Sends one request on a fresh connection and reads its answer. An answer that announces `Connection: close` is watched until it does.
pub async fn exchange(to: SocketAddr, request: &[u8]) -> io::Result<Outcome> {
    let mut wire = Wire::connect(to).await?;
    let mut outcome = wire.exchange(request).await;
    if let Outcome::Answer(answer) = &mut outcome {
        answer.closed = answer.closed || (answer.announces_close() && wire.closes().await);
    }
    Ok(outcome)
}

fn end_of_head(request: &[u8]) -> usize {
    request
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(request.len(), |at| at + 4)
}

fn expects_continue(head: &[u8]) -> bool {
    String::from_utf8_lossy(head)
        .to_ascii_lowercase()
        .contains("\r\nexpect: 100-continue\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    /// A server that waits for the first bytes, says `says` and closes.
    async fn check(request: &str, says: &'static [u8]) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(says).await.unwrap();
        });
        exchange(to, request.as_bytes()).await.unwrap()
    }

    fn answer(outcome: Outcome) -> Answer {
        let Outcome::Answer(answer) = outcome else {
            panic!("{outcome:?}")
        };
        answer
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    #[tokio::test]
    async fn header_case_and_order_survive() {
        let got = answer(
            check(
                GET,
                b"HTTP/1.1 200 Fine\r\nX-bEE: 1\r\na:2\r\nContent-Length: 2\r\n\r\nhi",
            )
            .await,
        );
        assert_eq!(got.status_line, "HTTP/1.1 200 Fine");
        assert_eq!(got.lines(), ["X-bEE: 1", "a: 2", "Content-Length: 2"]);
        assert_eq!(
            (got.body.as_slice(), got.complete),
            (b"hi".as_slice(), true)
        );
    }

    #[tokio::test]
    async fn chunks_are_joined_and_trailers_kept() {
        let got = answer(check(GET, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n1\r\n!\r\n0\r\nX-T: 9\r\n\r\n").await);
        assert_eq!(got.body, b"hi!");
        assert_eq!(got.trailers[0].line(), "X-T: 9");
    }

    #[tokio::test]
    async fn a_body_without_length_ends_with_the_connection() {
        let got = answer(check(GET, b"HTTP/1.0 200 OK\r\n\r\nto the end").await);
        assert_eq!(
            (got.body.as_slice(), got.closed),
            (b"to the end".as_slice(), true)
        );
    }

    #[tokio::test]
    async fn a_cut_body_is_incomplete() {
        let got = answer(check(GET, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut").await);
        assert_eq!(
            (got.body.as_slice(), got.complete),
            (b"cut".as_slice(), false)
        );
    }

    #[tokio::test]
    async fn head_has_no_body_and_interim_answers_are_kept() {
        let got = answer(check("HEAD / HTTP/1.1\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await);
        assert_eq!(got.interim, ["HTTP/1.1 103 Early Hints"]);
        assert!(got.body.is_empty() && got.complete);
    }

    #[tokio::test]
    async fn the_body_waits_for_100_continue() {
        let request = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
        let got = answer(
            check(
                request,
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            )
            .await,
        );
        assert_eq!((got.status(), got.interim.len()), (204, 1));
    }

    #[tokio::test]
    async fn closing_without_a_byte_is_silence() {
        assert!(matches!(
            check(GET, b"").await,
            Outcome::Silence(Silence::Closed)
        ));
    }
}
