//! Takes an answer apart as it arrives, byte by byte.
//!
//! It must not know what was asked beyond the method. The surprise: the head stands whatever happens to the body; a cut body is an
//! answer with `complete` unset, not an error.

use super::answer::{Answer, Header, Outcome, Silence};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::timeout;

/// How long one piece of an answer may take: longer than any pause the gateways make on purpose.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a peer that announced `Connection: close` may take to do it.
const CLOSE: Duration = Duration::from_secs(2);

/// The reading half of a connection.
pub(super) struct Reader(BufReader<OwnedReadHalf>);

impl Reader {
    pub(super) fn new(half: OwnedReadHalf) -> Self {
        Self(BufReader::new(half))
    }

    pub(super) async fn outcome(&mut self, method: &str) -> Outcome {
        match self.answer(method).await {
            Ok(answer) => Outcome::Answer(answer),
            Err(error) => Outcome::Silence(silence(&error)),
        }
    }

    /// The status line of a 1xx answer, when that is what comes next. A final answer is left for `outcome`.
    pub(super) async fn interim(&mut self) -> Option<String> {
        // "HTTP/1.1 1" is ten bytes; a peer sends its head in one piece.
        let ahead = timeout(PATIENCE, self.0.fill_buf()).await.ok()?.ok()?;
        if ahead.get(9) != Some(&b'1') {
            return None;
        }
        self.head().await.ok().map(|head| head.status_line)
    }

    pub(super) async fn bytes(&mut self, n: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.take(n, &mut bytes).await?;
        Ok(bytes)
    }

    pub(super) async fn closes(&mut self) -> bool {
        let end = timeout(CLOSE, self.0.read(&mut [0; 1])).await;
        matches!(end, Ok(Ok(0) | Err(_)))
    }

    async fn answer(&mut self, method: &str) -> io::Result<Answer> {
        let mut interim = Vec::new();
        let mut answer = self.head().await?;
        while (100..200).contains(&answer.status()) && answer.status() != 101 {
            interim.push(answer.status_line);
            answer = self.head().await?;
        }
        answer.interim = interim;
        answer.complete = !answer.has_body(method) || self.body(&mut answer).await.is_ok();
        Ok(answer)
    }

    async fn head(&mut self) -> io::Result<Answer> {
        let status_line = self.line().await?;
        Ok(Answer {
            status_line,
            headers: self.headers().await?,
            ..Answer::default()
        })
    }

    async fn headers(&mut self) -> io::Result<Vec<Header>> {
        let mut headers = Vec::new();
        loop {
            match self.line().await? {
                line if line.is_empty() => return Ok(headers),
                line => headers.push(Header::parse(&line)),
            }
        }
    }

    async fn body(&mut self, answer: &mut Answer) -> io::Result<()> {
        if answer.chunked() {
            return self.chunks(answer).await;
        }
        if let Some(length) = answer.length() {
            return self.take(length, &mut answer.body).await;
        }
        answer.closed = true;
        patient(self.0.read_to_end(&mut answer.body))
            .await
            .map(drop)
    }

    async fn chunks(&mut self, answer: &mut Answer) -> io::Result<()> {
        loop {
            let line = self.line().await?;
            let size = line.split(';').next().unwrap_or_default().trim();
            match usize::from_str_radix(size, 16).map_err(io::Error::other)? {
                0 => break,
                size => self.take(size, &mut answer.body).await?,
            }
            self.line().await?;
        }
        answer.trailers = self.headers().await?;
        Ok(())
    }

    async fn take(&mut self, mut left: usize, into: &mut Vec<u8>) -> io::Result<()> {
        while left > 0 {
            let ahead = patient(self.0.fill_buf()).await?;
            let n = ahead.len().min(left);
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            into.extend_from_slice(&ahead[..n]);
            self.0.consume(n);
            left -= n;
        }
        Ok(())
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        patient(self.0.read_until(b'\n', &mut line)).await?;
        if line.pop() != Some(b'\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.pop_if(|last| *last == b'\r');
        Ok(line.into_iter().map(char::from).collect())
    }
}

async fn patient<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, step)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn silence(error: &io::Error) -> Silence {
    match error.kind() {
        io::ErrorKind::TimedOut => Silence::TimedOut,
        io::ErrorKind::ConnectionReset => Silence::Reset,
        _ => Silence::Closed,
    }
}
