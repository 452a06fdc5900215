//! The embedded legacy: a small order service, with a thread and a port of its own.
//!
//! It must not know that anybody stands before it. It answers in the manner of a Node gateway, and without a pause
//! put in for show.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::handlers;

/// What `GET /slow` takes: long enough to be under way while a dial is turned.
const SLOW: Duration = Duration::from_millis(50);

/// A running legacy; dropping it ends it.
pub(super) struct Legacy {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Legacy {
    /// Listens on a free port of loopback.
    pub(super) fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("demo-legacy".to_owned());
        let thread = thread.spawn(move || runtime.block_on(run(listener, stopped)))?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Legacy {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic in there has been printed; there is nothing to add.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn run(listener: std::net::TcpListener, stopped: oneshot::Receiver<()>) {
    tokio::select! {
        _ = stopped => {}
        () = accept(listener) => {}
    }
}

async fn accept(listener: std::net::TcpListener) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let mut connections = JoinSet::new();
    loop {
        // Out of descriptors, or a client that has left already: neither ends a service.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let serving =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        connections.spawn(serving);
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let order = path.strip_prefix("/orders/").and_then(|id| id.parse().ok());
    Ok(match (head.method, path, order) {
        (Method::GET, _, Some(number)) => json(StatusCode::OK, &handlers::order(number)),
        (Method::POST, "/orders", _) => take(body).await,
        (Method::GET, "/slow", _) => {
            tokio::time::sleep(SLOW).await;
            json(StatusCode::OK, &json!({ "slow": true }))
        }
        (Method::GET, "/", _) => json(
            StatusCode::OK,
            &json!({ "service": "orders", "version": "4.2" }),
        ),
        _ => json(StatusCode::NOT_FOUND, &json!({ "error": "Not Found" })),
    })
}

async fn take(body: Incoming) -> Response<Full<Bytes>> {
    match body.collect().await {
        Ok(_) => json(StatusCode::CREATED, &handlers::accepted()),
        Err(_) => json(StatusCode::BAD_REQUEST, &json!({ "error": "Bad Request" })),
    }
}

fn json(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(value.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert("x-powered-by", HeaderValue::from_static("Express"));
    response
}
