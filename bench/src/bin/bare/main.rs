//! The peer "bare chassis": Pingora's server with hyper inside, forwarding everything to one upstream.
//!
//! It is the floor for the sidecar: same chassis, same engine, same allocator, one thread, a pool and an upgrade tunnel, and nothing
//! else. It must not learn routes, metrics or request ids. The surprise: a worker is a runtime of one thread, so the pool needs no lock.

mod pool;

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderMap, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use pingora_core::apps::ServerApp;
use pingora_core::listeners::ListenerConfig;
use pingora_core::protocols::{Stream, l4::stream::L4BufferSettings};
use pingora_core::server::configuration::ServerConf;
use pingora_core::server::{RunArgs, Server, ShutdownWatch};
use pingora_core::services::listening::Service;

use pool::{Failure, Forwarded, Sender, send};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Large WebSocket frames move in half the system calls of the default 8 KiB, and more brings nothing.
const TUNNEL_BUFFER: usize = 64 * 1024;

type Answer = Response<Forwarded>;

/// Forwards every request to one upstream through Pingora's chassis.
#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// Where every request goes.
    #[arg(long)]
    upstream: SocketAddr,
}

fn main() {
    let options = Options::parse();
    let mut server = Server::new_with_opt_and_conf(None, chassis());
    server.bootstrap();
    let mut service = Service::new(
        "bare".into(),
        Bare {
            upstream: options.upstream,
        },
    );
    let listener = ListenerConfig::tcp(options.listen.to_string());
    service.add_listener(listener.l4_buffer(L4BufferSettings::unbuffered()));
    server.add_service(service);
    server.run(RunArgs::default());
}

fn chassis() -> ServerConf {
    ServerConf {
        threads: 1,
        work_stealing: false,
        grace_period_seconds: Some(0),
        graceful_shutdown_timeout_seconds: Some(0),
        ..ServerConf::default()
    }
}

struct Bare {
    upstream: SocketAddr,
}

#[async_trait]
impl ServerApp for Bare {
    async fn process_new(self: &Arc<Self>, stream: Stream, _: &ShutdownWatch) -> Option<Stream> {
        let upstream = self.upstream;
        let service = service_fn(move |request| answer(upstream, request));
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        // A client that leaves early is the client's affair; there is nobody to tell.
        let _ = connection.with_upgrades().await;
        None
    }
}

async fn answer(upstream: SocketAddr, request: Request<Incoming>) -> Result<Answer, Failure> {
    match forward(upstream, request).await {
        Ok(answer) => Ok(answer),
        Err(_) => bad_gateway(),
    }
}

fn bad_gateway() -> Result<Answer, Failure> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let answer = Response::builder().status(StatusCode::BAD_GATEWAY);
    Ok(answer.body(Forwarded::Whole(body))?)
}

async fn forward(upstream: SocketAddr, mut request: Request<Incoming>) -> Result<Answer, Failure> {
    let upgrade = request.headers_mut().remove(UPGRADE);
    remove_hop_by_hop(request.headers_mut());
    let Some(protocol) = upgrade else {
        let (answer, sender) = send(upstream, request).await?;
        return Ok(pooled(answer, sender));
    };
    let client = hyper::upgrade::on(&mut request);
    set_upgrade(request.headers_mut(), protocol);
    let (answer, _) = send(upstream, request).await?;
    Ok(tunnel(client, answer))
}

fn pooled(answer: Response<Incoming>, sender: Sender) -> Answer {
    let (mut head, body) = answer.into_parts();
    remove_hop_by_hop(&mut head.headers);
    Response::from_parts(
        head,
        Forwarded::Pooled {
            body,
            sender: Some(sender),
        },
    )
}

fn tunnel(client: hyper::upgrade::OnUpgrade, mut answer: Response<Incoming>) -> Answer {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let upstream = hyper::upgrade::on(&mut answer);
        tokio::spawn(copy(client, upstream));
    }
    answer.map(|body| Forwarded::Whole(body.map_err(Into::into).boxed_unsync()))
}

async fn copy(
    client: hyper::upgrade::OnUpgrade,
    upstream: hyper::upgrade::OnUpgrade,
) -> Result<(), Failure> {
    let (client, upstream) = tokio::try_join!(client, upstream)?;
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    tokio::io::copy_bidirectional_with_sizes(
        &mut client,
        &mut upstream,
        TUNNEL_BUFFER,
        TUNNEL_BUFFER,
    )
    .await?;
    Ok(())
}

fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if let Some(named) = headers.remove(CONNECTION) {
        let names = named.to_str().unwrap_or_default();
        for name in names.split(',') {
            headers.remove(name.trim());
        }
    }
    for name in [
        "keep-alive",
        "proxy-connection",
        TE.as_str(),
        TRANSFER_ENCODING.as_str(),
    ] {
        headers.remove(name);
    }
}
