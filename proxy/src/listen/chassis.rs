//! One `ServerApp` that gives each accepted stream to hyper.
//!
//! The surprise: the loop around a connection ends at the upgrade. From there on the stream belongs to whoever took
//! it, and no deadline applies.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use overgrow_handler::BoxError;
use pingora_core::apps::ServerApp;
use pingora_core::protocols::Stream;
use pingora_core::server::ShutdownWatch;

use super::drain::{Connected, Drain};
use super::guard::{self, Deadlines, Expired, Guard, InFlight, Protocol, Watch, watch_deadlines};
use super::peer::{Carrying, Peer};
use super::{Dates, Front};
use crate::wire::Gathering;

/// What a client may take: bytes and time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest request head, bytes.
    pub head_size: usize,
    /// For one request head.
    pub head: Duration,
    /// Without a request.
    pub idle: Duration,
}

/// A client that has shut down its sending side may still wait for the answer, or be gone: nobody can tell. Past
/// this it counts as gone and the request is cancelled.
const HALF_CLOSED: Duration = Duration::from_secs(1);

/// A client of HTTP/2 that was told to go gets this long after its last answer to take the rest of it and close.
const PARTING: Duration = Duration::from_secs(1);

/// Streams one HTTP/2 connection may have open: hyper's and nginx's defaults are of this size.
const STREAMS: u32 = 200;

/// The application of one kind of listener.
pub struct Chassis<F> {
    front: F,
    limits: Limits,
    drain: Arc<Drain>,
}

impl<F: Front> Chassis<F> {
    /// Serves whatever `front` answers; `drain` waits for its connections.
    pub fn new(front: F, limits: Limits, drain: Arc<Drain>) -> Self {
        Self {
            front,
            limits,
            drain,
        }
    }

    fn guard_limits(&self) -> guard::Limits {
        guard::Limits {
            head: self.limits.head_size,
            ..guard::Limits::default()
        }
    }

    fn deadlines(&self) -> Deadlines {
        Deadlines {
            head: self.limits.head,
            idle: self.limits.idle,
            half_closed: HALF_CLOSED,
        }
    }

    async fn serve(&self, stream: Stream, shutdown: ShutdownWatch) {
        let tls = stream.get_ssl_digest().is_some();
        let Some(address) = peer_address(&stream) else {
            return;
        };
        let peer = Arc::new(Peer::new(address, tls));
        let carrying = Carrying {
            stream: Gathering(stream),
            _peer: Arc::clone(&peer),
        };
        let mut guard = Guard::new(carrying, self.guard_limits());
        let watch = guard.watch();
        // A client that never says anything gets as long as one that has nothing more to say.
        let sniffed = tokio::time::timeout(self.limits.idle, guard.sniff()).await;
        let connection = Connection {
            front: self.front.clone(),
            peer,
            watch,
            deadlines: self.deadlines(),
            head_size: u32::try_from(self.limits.head_size).unwrap_or(u32::MAX),
            shutdown,
            _open: self.drain.connect(),
        };
        match sniffed {
            Ok(Ok(Protocol::Http1)) => connection.serve_http1(guard).await,
            Ok(Ok(Protocol::Http2)) => connection.serve_http2(guard).await,
            Ok(Ok(Protocol::Closed) | Err(_)) | Err(_) => {}
        }
    }
}

fn peer_address(stream: &Stream) -> Option<SocketAddr> {
    stream.get_socket_digest()?.peer_addr()?.as_inet().copied()
}

#[async_trait]
impl<F: Front> ServerApp for Chassis<F> {
    async fn process_new(
        self: &Arc<Self>,
        stream: Stream,
        shutdown: &ShutdownWatch,
    ) -> Option<Stream> {
        self.serve(stream, shutdown.clone()).await;
        None
    }
}

/// One connection being served.
struct Connection<F> {
    front: F,
    peer: Arc<Peer>,
    watch: Arc<Watch>,
    deadlines: Deadlines,
    /// For HTTP/2, where the guard does not look into heads.
    head_size: u32,
    shutdown: ShutdownWatch,
    _open: Connected,
}

impl<F: Front> Connection<F> {
    async fn serve_http1(mut self, guard: Guard<Carrying<Gathering<Stream>>>) {
        let (front, peer, watch) = (
            self.front.clone(),
            Arc::clone(&self.peer),
            Arc::clone(&self.watch),
        );
        let service =
            service_fn(move |request| answer(front.clone(), Arc::clone(&peer), &watch, request));
        let mut builder = http1::Builder::new();
        // The guard keeps the deadlines and hides a half-closed client; hyper has nothing to do for either.
        builder.auto_date_header(F::DATES == Dates::Added);
        builder
            .preserve_header_case(true)
            // What has no case of its own is written as most legacy servers write it: a native answer looks the same.
            .title_case_headers(true)
            .half_close(false)
            .header_read_timeout(None)
            .timer(TokioTimer::new());
        let serving = builder
            .serve_connection(TokioIo::new(guard), service)
            .with_upgrades();
        let mut serving = pin!(serving);
        let mut expiring = pin!(watch_deadlines(Arc::clone(&self.watch), self.deadlines));
        let mut draining = false;
        loop {
            tokio::select! {
                biased;
                _ = serving.as_mut() => return,
                expired = expiring.as_mut() => match expired {
                    Expired::Head => {
                        self.watch.time_out();
                        expiring.set(watch_deadlines(Arc::clone(&self.watch), self.deadlines));
                    }
                    Expired::Idle | Expired::Gone => return,
                },
                _ = self.shutdown.changed(), if !draining => {
                    draining = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }

    async fn serve_http2(mut self, guard: Guard<Carrying<Gathering<Stream>>>) {
        let (front, peer, watch) = (
            self.front.clone(),
            Arc::clone(&self.peer),
            Arc::clone(&self.watch),
        );
        let service = service_fn(move |request| {
            let request = guard::vet(request);
            answer(front.clone(), Arc::clone(&peer), &watch, request)
        });
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.auto_date_header(F::DATES == Dates::Added);
        builder
            .timer(TokioTimer::new())
            .adaptive_window(true)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(self.head_size);
        // A peer that vanished without a word is noticed by its missing pong.
        builder.keep_alive_interval(self.deadlines.idle);
        let mut serving = pin!(builder.serve_connection(TokioIo::new(guard), service));
        let mut expiring = pin!(watch_deadlines(Arc::clone(&self.watch), self.deadlines));
        let mut parting = pin!(part(&self.watch));
        let mut draining = false;
        loop {
            tokio::select! {
                biased;
                _ = serving.as_mut() => return,
                () = parting.as_mut(), if draining => return,
                _ = expiring.as_mut(), if !draining => {
                    draining = true;
                    serving.as_mut().graceful_shutdown();
                }
                _ = self.shutdown.changed(), if !draining => {
                    draining = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Ends when nothing has been in flight for a while; the while begins when this is first asked.
async fn part(watch: &Watch) {
    loop {
        tokio::time::sleep(PARTING).await;
        if watch.in_flight() == 0 {
            return;
        }
    }
}

/// Answers one request and tells the guard about its life. The request is taken charge of before anything waits.
fn answer<F: Front>(
    front: F,
    peer: Arc<Peer>,
    watch: &Arc<Watch>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Tracked<F::Body>>, Infallible>> + Send + use<F> {
    let mut in_flight = watch.request_started();
    let watch = Arc::clone(watch);
    async move {
        // The guard asks about no other version, and takes what it hears for the answer to its latest question.
        let asks_to_switch = request.version() == Version::HTTP_11
            && request.headers().contains_key(header::UPGRADE);
        let response = front.serve(peer, request).await;
        if asks_to_switch {
            match response.status() {
                StatusCode::SWITCHING_PROTOCOLS => watch.switched(),
                _ => watch.declined(),
            }
        }
        in_flight.head_sent();
        Ok(response.map(|body| Tracked {
            body,
            _in_flight: in_flight,
        }))
    }
}

/// A body that keeps its request in flight until it has been sent.
pub(super) struct Tracked<B> {
    body: B,
    _in_flight: InFlight,
}

impl<B> Body for Tracked<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
