//! The origin behind every proxy under test: one thread, nothing computed per request.
//!
//! `/` answers 1 KiB, `/json` 1 KiB of JSON or whatever its conduct says, `/bytes/N` N bytes, `/name` says who it is, `/count` how often
//! `/json` was asked, `/ws` echoes frames, and a body sent to any of them is read and dropped. It must not know who asks. The surprise:
//! only `/json` is subject to the conduct, so that a harness can wait for an origin that answers nothing else.

mod conduct;
mod echo;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use conduct::{Conduct, Pour};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `/` answers: the size that every forwarding figure is quoted for.
const ANSWER: Bytes = Bytes::from_static(&[b'o'; 1024]);
/// What `/bytes/N` may answer, so that a typing error does not ask for all memory.
const LARGEST: usize = 256 * 1024 * 1024;

type Answer = Response<Either<Full<Bytes>, Pour>>;

/// Answers every request at once, but for what its conduct says about `/json`.
#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// What `/name` answers.
    #[arg(long, default_value = "origin")]
    name: String,
    /// What becomes of requests for `/json`.
    #[arg(long, value_enum, default_value_t = Conduct::Same)]
    conduct: Conduct,
}

/// What all connections share.
struct Origin {
    name: Bytes,
    conduct: Conduct,
    document: Bytes,
    asked: AtomicU64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    overgrow_bench::process::raise_open_files();
    let listener = TcpListener::bind(options.listen).await?;
    let origin = Arc::new(Origin {
        name: Bytes::from(options.name),
        conduct: options.conduct,
        document: conduct::document(options.conduct),
        asked: AtomicU64::new(0),
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream, Arc::clone(&origin)));
    }
}

async fn serve(stream: TcpStream, origin: Arc<Origin>) {
    // A connection that resets has to say so before it is handed over; nothing is lost of one that ends in good order.
    if origin.conduct == Conduct::Reset {
        let _ = stream.set_zero_linger();
    }
    let service = service_fn(move |request| {
        let origin = Arc::clone(&origin);
        async move { origin.answer(request).await }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Load generators leave without a goodbye at the end of each round.
    let _ = connection.with_upgrades().await;
}

impl Origin {
    async fn answer(&self, mut request: Request<Incoming>) -> io::Result<Answer> {
        drain(&mut request).await;
        Ok(match request.uri().path() {
            "/ws" => echo::upgrade(request),
            "/json" => return self.json().await,
            "/name" => plain(self.name.clone()),
            "/count" => plain(self.asked.load(Ordering::Relaxed).to_string().into()),
            path => sized(path.strip_prefix("/bytes/")),
        })
    }

    async fn json(&self) -> io::Result<Answer> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.conduct {
            Conduct::Same | Conduct::Differ => Ok(conduct::json(self.document.clone())),
            Conduct::Hang => std::future::pending().await,
            // An error of the service closes its connection without an answer.
            Conduct::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            Conduct::Pour => Ok(Pour::answer()),
        }
    }
}

async fn drain(request: &mut Request<Incoming>) {
    while !request.body().is_end_stream() {
        let frame = request.body_mut().frame().await;
        if frame.is_none_or(|frame| frame.is_err()) {
            break;
        }
    }
}

fn sized(asked: Option<&str>) -> Answer {
    let Some(asked) = asked else {
        return plain(ANSWER);
    };
    match asked.parse() {
        Ok(size @ ..=LARGEST) => plain(vec![b'o'; size].into()),
        _ => refuse(),
    }
}

fn plain(body: Bytes) -> Answer {
    Response::new(Either::Left(Full::new(body)))
}

fn refuse() -> Answer {
    let mut answer = plain(Bytes::new());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}
