//! The origin behind every proxy under test: one thread, nothing computed per request.
//!
//! `/` answers 1 KiB, `/bytes/N` answers N bytes, `/name` says who it is, `/ws` echoes frames, and a body sent to any of them is read
//! and dropped. It must not know who asks. The surprise: it parses WebSocket frames itself, because a library's message
//! layer costs more than the proxies it is there to measure.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use overgrow_bench::frame::{self, Head};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `/` answers: the size that every forwarding figure is quoted for.
const ANSWER: Bytes = Bytes::from_static(&[b'o'; 1024]);
/// What `/bytes/N` may answer, so that a typing error does not ask for all memory.
const LARGEST: usize = 256 * 1024 * 1024;

type Answer = Response<Full<Bytes>>;

/// Answers every request at once.
#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// What `/name` answers.
    #[arg(long, default_value = "origin")]
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    overgrow_bench::process::raise_open_files();
    let listener = TcpListener::bind(options.listen).await?;
    let name = Bytes::from(options.name);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream, name.clone()));
    }
}

async fn serve(stream: TcpStream, name: Bytes) {
    let service = service_fn(move |request| answer(request, name.clone()));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Load generators leave without a goodbye at the end of each round.
    let _ = connection.with_upgrades().await;
}

async fn answer(mut request: Request<Incoming>, name: Bytes) -> Result<Answer, Infallible> {
    while !request.body().is_end_stream() {
        if request
            .body_mut()
            .frame()
            .await
            .is_none_or(|frame| frame.is_err())
        {
            break;
        }
    }
    Ok(match request.uri().path() {
        "/ws" => upgrade(request),
        "/name" => Response::new(Full::new(name)),
        path => sized(path.strip_prefix("/bytes/")),
    })
}

fn sized(asked: Option<&str>) -> Answer {
    let Some(asked) = asked else {
        return Response::new(Full::new(ANSWER));
    };
    match asked.parse() {
        Ok(size @ ..=LARGEST) => Response::new(Full::new(vec![b'o'; size].into())),
        _ => refuse(),
    }
}

fn refuse() -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

fn upgrade(mut request: Request<Incoming>) -> Answer {
    let Some(accept) = accept(&request) else {
        return refuse();
    };
    tokio::spawn(echo(hyper::upgrade::on(&mut request)));
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

fn accept(request: &Request<Incoming>) -> Option<HeaderValue> {
    let key = request.headers().get(SEC_WEBSOCKET_KEY)?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()
}

async fn echo(client: OnUpgrade) -> anyhow::Result<()> {
    let mut client = TokioIo::new(client.await?);
    let (mut input, mut output) = (BytesMut::new(), Vec::new());
    while client.read_buf(&mut input).await? > 0 {
        let closed = echo_frames(&mut input, &mut output);
        client.write_all(&output).await?;
        output.clear();
        if closed {
            break;
        }
    }
    Ok(client.shutdown().await?)
}

/// Echoes every whole frame of `input`, and says whether the last of them closed the connection.
fn echo_frames(input: &mut BytesMut, output: &mut Vec<u8>) -> bool {
    while let Some(head) = Head::parse(input).filter(|head| head.frame() <= input.len()) {
        let bytes = input.split_to(head.frame());
        frame::echo(&head, &bytes[head.size..], output);
        if head.is_close() {
            return true;
        }
    }
    false
}
