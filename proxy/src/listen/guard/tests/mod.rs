//! The guard in front of hyper's own server, over a pipe: what a client sends and what it is answered.

mod bytes;
mod corpus;
mod requests;
mod sockets;
mod upgrades;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::*;

/// Length of a big answer: several times what the pipe takes.
const BIG: usize = 4 << 20;

/// One connection to a server behind a guard.
struct Client {
    pipe: DuplexStream,
    watch: Arc<Watch>,
    server: JoinHandle<hyper::Result<()>>,
}

impl Client {
    fn connect() -> Client {
        Client::with_limits(Limits::default())
    }

    fn with_limits(limits: Limits) -> Client {
        let (pipe, socket) = duplex(1 << 20);
        let guard = Guard::new(socket, limits);
        let watch = guard.watch();
        let server = tokio::spawn(serve(guard));
        Client {
            pipe,
            watch,
            server,
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.pipe.write_all(bytes).await.unwrap();
    }

    /// Lets the server do all it can with what it has.
    async fn settle(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    /// Reads until the answers so far end with `end`.
    async fn read_to(&mut self, end: &str) -> String {
        let mut answer = String::new();
        while !answer.ends_with(end) {
            let mut buf = [0; 4096];
            let len = self.pipe.read(&mut buf).await.unwrap();
            assert!(len > 0, "closed after {answer:?}");
            answer.push_str(std::str::from_utf8(&buf[..len]).unwrap());
        }
        answer
    }

    /// Reads until the server closes, the client keeping its side open.
    async fn rest(&mut self) -> String {
        let mut answer = String::new();
        self.pipe.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Closes the client's sending side, then reads all.
    async fn finish(&mut self) -> String {
        self.pipe.shutdown().await.unwrap();
        self.rest().await
    }
}

async fn serve<S>(guard: Guard<S>) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let watch = guard.watch();
    let service = service_fn(move |request| {
        let in_flight = watch.request_started();
        answer(request, Arc::clone(&watch), in_flight)
    });
    http1::Builder::new()
        .half_close(false)
        .serve_connection(TokioIo::new(guard), service)
        .with_upgrades()
        .await
}

type Answer = Result<Response<Full<Bytes>>, Infallible>;

/// Echoes method, path and body; `/slow` takes a second, `/switch` speaks another
/// protocol, `/unwanted` does not read the body.
async fn answer(request: Request<Incoming>, watch: Arc<Watch>, mut in_flight: InFlight) -> Answer {
    if request.method() == STAND_IN_METHOD {
        let refusal = Refusal::from_slug(request.uri().path()).unwrap();
        return respond(refusal.status(), format!("refused: {}\n", refusal.reason()));
    }
    if request.uri().path() == "/unwanted" {
        return respond(413, "unread\n".to_owned());
    }
    if request.uri().path() == "/big" {
        return respond(200, "big\n".repeat(BIG / 4));
    }
    if request.uri().path() == "/switch" {
        return Ok(switch(request, &watch));
    }
    if request.uri().path() == "/slow" {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    if request.headers().contains_key(header::UPGRADE) {
        watch.declined();
    }
    in_flight.head_sent();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    echo(&method, &path, request.into_body()).await
}

async fn echo(method: &Method, path: &str, body: Incoming) -> Answer {
    match body.collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            respond(200, format!("{method} {path} {}\n", body.escape_ascii()))
        }
        Err(error) => {
            let reason = Refusal::find(&error).map_or("broken", Refusal::reason);
            respond(400, format!("bad body: {reason}\n"))
        }
    }
}

fn respond(status: u16, text: String) -> Answer {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

/// Answers 101, then echoes bytes in capitals.
fn switch(mut request: Request<Incoming>, watch: &Watch) -> Response<Full<Bytes>> {
    watch.switched();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        let mut buf = [0; 1024];
        while let Ok(len @ 1..) = stream.read(&mut buf).await {
            buf[..len].make_ascii_uppercase();
            stream.write_all(&buf[..len]).await.unwrap();
        }
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response
        .headers_mut()
        .insert(header::UPGRADE, "shout".parse().unwrap());
    response
        .headers_mut()
        .insert(header::CONNECTION, "upgrade".parse().unwrap());
    response
}
