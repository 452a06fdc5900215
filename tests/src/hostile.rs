//! Targets of shadow requests that do everything a target should not.
//!
//! It must not know the sidecar. The surprise: each of them reads the whole head first, unless it is the connection itself that it
//! spoils, because one that answers too early is found out by the client's half of the connection and not by its answer.

use crate::origin::{Origin, read_head};
use anyhow::Result;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a target does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Nobody listens.
    Refuse,
    /// The connection is open, and nothing is said.
    Hang,
    /// The connection is taken, and closed at once.
    CloseAtOnce,
    /// Half a status line, and a reset.
    ResetInHead,
    /// A head and a piece of the body, and a reset.
    ResetInBody,
    /// Half a head, and a close.
    HalfAHead,
    /// Half a head, and then nothing.
    HangInHead,
    /// Bytes that are not HTTP.
    Garbage,
    /// An answer of 10 GiB, announced and sent as fast as it is read.
    TenGibibytes,
    /// An answer in chunks without an end, as fast as it is read.
    Endless,
    /// A body of one byte now and then, without an end.
    Drip,
    /// Fewer bytes than announced, and a close.
    TooShort,
    /// More bytes than announced.
    TooLong,
    /// A good answer that promises to keep the connection, and a close.
    CloseBehind,
}

impl Conduct {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Refuse,
        Self::Hang,
        Self::CloseAtOnce,
        Self::ResetInHead,
        Self::ResetInBody,
        Self::HalfAHead,
        Self::HangInHead,
        Self::Garbage,
        Self::TenGibibytes,
        Self::Endless,
        Self::Drip,
        Self::TooShort,
        Self::TooLong,
        Self::CloseBehind,
    ];
}

/// A target with that conduct; ended on drop.
pub struct Hostile {
    address: SocketAddr,
    origin: Option<Origin>,
}

impl Hostile {
    /// Starts it on a free port.
    pub async fn start(conduct: Conduct) -> Result<Self> {
        if conduct == Conduct::Refuse {
            // The listener is dropped here, and its port with it.
            let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
            return Ok(Self {
                address,
                origin: None,
            });
        }
        // An error is the end of the connection, which is what is wanted.
        let serve = move |stream| async move { drop(serve(stream, conduct).await) };
        let origin = Origin::start_with(serve).await?;
        Ok(Self {
            address: origin.address(),
            origin: Some(origin),
        })
    }

    /// Where it listens, or does not.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has taken.
    pub fn connections(&self) -> usize {
        self.origin.as_ref().map_or(0, Origin::connections)
    }
}

async fn serve(stream: TcpStream, conduct: Conduct) -> Result<()> {
    if conduct == Conduct::CloseAtOnce {
        return Ok(());
    }
    let mut stream = BufReader::new(stream);
    while read_head(&mut stream).await?.is_some() {
        let goes_on = treat(stream.get_mut(), conduct).await?;
        if goes_on == GoesOn::No {
            break;
        }
    }
    Ok(())
}

/// Whether another request may follow on the connection.
#[derive(PartialEq, Eq)]
enum GoesOn {
    Yes,
    No,
}

async fn treat(stream: &mut TcpStream, conduct: Conduct) -> Result<GoesOn> {
    match conduct {
        Conduct::Refuse | Conduct::CloseAtOnce => {}
        Conduct::Hang => hang(stream).await?,
        Conduct::ResetInHead => reset_after(stream, b"HTTP/1.1 20").await?,
        Conduct::ResetInBody => reset_after(stream, LONG).await?,
        Conduct::HalfAHead => stream.write_all(HALF).await?,
        Conduct::HangInHead => {
            stream.write_all(HALF).await?;
            hang(stream).await?;
        }
        Conduct::Garbage => stream.write_all(&[0xff; 64 * 1024]).await?,
        Conduct::TenGibibytes => pour(stream, TEN_GIBIBYTES, b"1").await?,
        Conduct::Endless => pour(stream, CHUNKED, b"1000\r\n").await?,
        Conduct::Drip => drip(stream).await?,
        Conduct::TooShort => stream.write_all(LONG).await?,
        Conduct::TooLong => {
            stream.write_all(LONG_TAIL).await?;
            return Ok(GoesOn::Yes);
        }
        Conduct::CloseBehind => stream.write_all(GOOD).await?,
    }
    Ok(GoesOn::No)
}

const HALF: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Half: ";
const LONG: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"cut\": ";
const LONG_TAIL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour, and then some\r\n\r\n";
const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n0";

const TEN_GIBIBYTES: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n";
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Reads what comes, so that the peer is not held up by its own sending, until it leaves.
async fn hang(stream: &mut TcpStream) -> Result<()> {
    let mut piece = [0; 4096];
    while stream.read(&mut piece).await? > 0 {}
    Ok(())
}

async fn reset_after(stream: &mut TcpStream, bytes: &[u8]) -> Result<()> {
    stream.write_all(bytes).await?;
    // With nothing left to linger for, a close is a reset.
    Ok(stream.set_zero_linger()?)
}

/// Sends a head, and then that start and 4 KiB again and again.
async fn pour(stream: &mut TcpStream, head: &[u8], start: &[u8]) -> Result<()> {
    stream.write_all(head).await?;
    let piece = [start, &[b'1'; 4096], b"\r\n"].concat();
    let pieces = piece.repeat(64);
    loop {
        stream.write_all(&pieces).await?;
    }
}

async fn drip(stream: &mut TcpStream) -> Result<()> {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head).await?;
    loop {
        stream.write_all(b"1\r\n \r\n").await?;
        // Often enough that no limit on silence ends it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::{Outcome, Silence, exchange};

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    async fn outcome(conduct: Conduct) -> Outcome {
        let target = Hostile::start(conduct).await.unwrap();
        exchange(target.address(), GET).await.unwrap()
    }

    /// The status, whether the body was whole, and the body's length; or how the target was silent.
    async fn check(conduct: Conduct, expect: Result<(u16, bool, usize), &[Silence]>) {
        match (outcome(conduct).await, expect) {
            (Outcome::Answer(answer), Ok(expect)) => {
                let seen = (answer.status(), answer.complete, answer.body.len());
                assert_eq!(seen, expect, "{conduct:?}");
            }
            (Outcome::Silence(silence), Err(expect)) => {
                assert!(expect.contains(&silence), "{conduct:?}: {silence:?}");
            }
            (outcome, expect) => panic!("{conduct:?}: {outcome:?}, not {expect:?}"),
        }
    }

    #[tokio::test]
    async fn one_that_refuses_takes_no_connection() {
        let target = Hostile::start(Conduct::Refuse).await.unwrap();
        assert!(exchange(target.address(), GET).await.is_err());
        assert_eq!(target.connections(), 0);
    }

    #[tokio::test]
    async fn each_is_bad_in_its_own_way() {
        const GONE: &[Silence] = &[Silence::Closed, Silence::Reset];
        check(Conduct::CloseAtOnce, Err(GONE)).await;
        check(Conduct::HalfAHead, Err(GONE)).await;
        check(Conduct::ResetInHead, Err(&[Silence::Reset])).await;
        check(Conduct::TooShort, Ok((200, false, 8))).await;
        check(Conduct::TooLong, Ok((200, true, 4))).await;
        check(Conduct::CloseBehind, Ok((200, true, 1))).await;
    }
}
