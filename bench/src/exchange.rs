//! One keep-alive connection that asks, waits for the whole answer and asks again.
//!
//! It must not know why. The surprise: it blocks its thread, which is the point: nothing wakes it but the answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The answers asked for are 1 KiB and their heads short.
const BUFFER: usize = 16 * 1024;
/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connection.
#[derive(Debug)]
pub struct Exchange {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Exchange {
    /// Connects.
    pub fn open(target: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(target)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
        })
    }

    /// Sends a request and returns the body of its answer; anything but a 200 is an error.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        loop {
            match self.stream.read(&mut self.buffer[filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
            if let Some(whole) = Whole::parse(&self.buffer[..filled]) {
                return whole.body(&self.buffer);
            }
        }
    }
}

/// Where the parts of a whole answer are.
#[derive(Debug, PartialEq)]
struct Whole {
    head: usize,
    body: usize,
}

impl Whole {
    /// Finds the end of an answer with a content length, or `None` while it is incomplete.
    fn parse(answer: &[u8]) -> Option<Self> {
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
        let text = std::str::from_utf8(&answer[..head]).ok()?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().ok())
        });
        let body = length??;
        (answer.len() >= head + body).then_some(Self { head, body })
    }

    fn body<'a>(&self, answer: &'a [u8]) -> io::Result<&'a [u8]> {
        if answer.starts_with(b"HTTP/1.1 200") {
            return Ok(&answer[self.head..self.head + self.body]);
        }
        Err(io::Error::other("not a 200"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 2\r\n\r\nhi";
        assert_eq!(Whole::parse(&answer[..answer.len() - 1]), None);
        let whole = Whole::parse(answer).unwrap();
        assert_eq!(whole.body(answer).unwrap(), b"hi");
    }
}
