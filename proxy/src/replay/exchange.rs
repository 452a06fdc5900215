//! One request on one connection, and what came back within its time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use overgrow_parity::trace::{Body, Given};
use overgrow_parity::{Extent, Kept, Observation};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::exact::Exact;
use super::target::Stream;

/// An answer larger than that is kept in part; a trace of such answers would be no file to work with.
const LARGEST: usize = 64 * 1024 * 1024;

/// What came back.
pub(super) enum Seen {
    /// At least a head.
    Answered(Box<Answered>),
    /// Nothing, and why.
    Silent(String),
}

/// An answer.
pub(super) struct Answered {
    /// As it is compared.
    pub(super) observation: Observation,
    /// How its body ended.
    pub(super) ended: Ended,
    upgraded: Option<Upgraded>,
    /// Carries the bytes of `upgraded`.
    _driver: Driver,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// In good order.
    Whole,
    /// There was as much as was wanted.
    Enough,
    /// The time was over.
    Late,
    /// The connection broke off.
    Broke,
}

/// How much of a body is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// All of it.
    Whole,
    /// So many bytes: the recording has no more of a stream that may never end.
    First(usize),
}

impl Room {
    /// As much as was recorded.
    pub(super) fn of(given: &Given) -> Self {
        match &given.body {
            Body::Kept(kept) if kept.extent == Extent::Cut => Self::First(kept.bytes.len()),
            _ => Self::Whole,
        }
    }
}

impl Seen {
    /// The connection behind a 101, once.
    pub(super) fn take_upgraded(&mut self) -> Option<Upgraded> {
        match self {
            Self::Answered(answered) => answered.upgraded.take(),
            Self::Silent(_) => None,
        }
    }
}

/// Sends `bytes` and reads the answer.
pub(super) async fn ask(
    stream: Box<dyn Stream>,
    method: &str,
    bytes: Bytes,
    room: Room,
    deadline: Instant,
) -> Seen {
    let began = Instant::now();
    let exact = Exact::new(stream, bytes);
    match timeout_at(deadline, head(exact, method)).await {
        Err(_) => Seen::Silent("no answer in time".to_owned()),
        Ok(Err(error)) => Seen::Silent(reason(&error)),
        Ok(Ok((response, driver))) => {
            let kept = keep(response, room, deadline).await;
            Seen::Answered(Box::new(kept.answered(began.elapsed(), driver)))
        }
    }
}

/// Runs a connection for as long as it is needed.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn head(
    exact: Exact<Box<dyn Stream>>,
    method: &str,
) -> hyper::Result<(Response<Incoming>, Driver)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(exact)).await?;
    let driver = Driver(tokio::spawn(async move {
        // How it ended is told by the answer or its body.
        let _ = connection.with_upgrades().await;
    }));
    // Only the method counts: it says whether the answer has a body.
    let mut stand_in = Request::new(Empty::<Bytes>::new());
    *stand_in.method_mut() = Method::from_bytes(method.as_bytes()).unwrap_or_default();
    Ok((sender.send_request(stand_in).await?, driver))
}

fn reason(error: &hyper::Error) -> String {
    match error.is_parse() {
        true => format!("the answer is not HTTP: {error}"),
        false => "the connection ended without an answer".to_owned(),
    }
}

/// An answer whose body has been read.
struct Taken {
    response: Response<()>,
    bytes: Bytes,
    ended: Ended,
    upgraded: Option<Upgraded>,
}

async fn keep(mut response: Response<Incoming>, room: Room, deadline: Instant) -> Taken {
    let upgraded = match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => hyper::upgrade::on(&mut response).await.ok(),
        _ => None,
    };
    let (head, body) = response.into_parts();
    let (bytes, ended) = read(body, room, deadline).await;
    Taken {
        response: Response::from_parts(head, ()),
        bytes,
        ended,
        upgraded,
    }
}

async fn read(mut body: Incoming, room: Room, deadline: Instant) -> (Bytes, Ended) {
    let wanted = match room {
        Room::Whole => LARGEST,
        Room::First(bytes) => bytes.min(LARGEST),
    };
    let mut kept = BytesMut::new();
    let ended = loop {
        if kept.len() >= wanted && room != Room::Whole || kept.len() > LARGEST {
            break Ended::Enough;
        }
        match timeout_at(deadline, body.frame()).await {
            Err(_) => break Ended::Late,
            Ok(None) => break Ended::Whole,
            Ok(Some(Err(_))) => break Ended::Broke,
            Ok(Some(Ok(frame))) => {
                kept.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()))
            }
        }
    };
    (kept.freeze(), ended)
}

impl Taken {
    fn answered(self, took: Duration, driver: Driver) -> Answered {
        let (head, ()) = self.response.into_parts();
        let extent = match self.ended {
            Ended::Whole => Extent::Whole,
            Ended::Enough | Ended::Late | Ended::Broke => Extent::Cut,
        };
        Answered {
            observation: Observation {
                status: head.status,
                headers: head.headers,
                body: Kept {
                    bytes: self.bytes,
                    extent,
                },
                effects: Vec::new(),
                took,
            },
            ended: self.ended,
            upgraded: self.upgraded,
            _driver: driver,
        }
    }
}
