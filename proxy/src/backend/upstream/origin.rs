//! One origin: where it is, how it is spoken to, which connections to it are open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use overgrow_handler::Body;

use super::connect::{Connector, Opened, Speak, Tls};
use super::lease::Lease;
use super::pool::{H1, H2, Pool, Taken};
use super::target;
use crate::backend::Fault;
use crate::config::UpstreamUrl;

/// How an attempt at one origin ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a response head.
    Answered(Response<Body>),
    /// Without one, and the request is gone.
    Failed(Fault),
    /// Nothing was written; the request is whole where it was.
    Unreached(Fault),
}

/// One origin of an upstream.
#[derive(Debug)]
pub(super) struct Origin {
    connector: Connector,
    pool: Arc<Pool>,
    /// Whether the last attempt to connect failed.
    unreachable: AtomicBool,
}

impl Origin {
    pub(super) fn new(url: &UpstreamUrl, connect_timeout: Duration, tls: &Tls) -> Self {
        Self {
            connector: Connector::new(url.clone(), connect_timeout, tls),
            pool: Arc::new(Pool::default()),
            unreachable: AtomicBool::new(false),
        }
    }

    /// Scheme, host and port.
    pub(super) fn name(&self) -> &str {
        self.connector.name()
    }

    /// Whether the last attempt to connect succeeded.
    pub(super) fn is_reachable(&self) -> bool {
        !self.unreachable.load(Ordering::Relaxed)
    }

    /// Whether a fresh connection comes up.
    pub(super) async fn connects(&self) -> bool {
        self.open(Speak::Either).await.is_ok()
    }

    async fn open(&self, speak: Speak) -> Result<Opened, Fault> {
        let opened = self.connector.open(speak).await;
        self.unreachable.store(opened.is_err(), Ordering::Relaxed);
        opened
    }

    /// Whether a GET of `path` is answered with 2xx or 3xx within the connect timeout, on a connection of its own.
    pub(super) async fn answers(&self, path: &str) -> bool {
        let request = Request::get(path).header(http::header::USER_AGENT, "overgrow-health");
        let Ok(mut request) = request.body(Body::empty()) else {
            return false;
        };
        let asking = tokio::time::timeout(self.connector.timeout(), self.send_fresh(&mut request));
        match asking.await {
            Ok(Outcome::Answered(response)) => {
                response.status().is_success() || response.status().is_redirection()
            }
            _ => false,
        }
    }

    /// Sends on a pooled connection, else on a fresh one. The request is taken out of its place when it is sent.
    ///
    /// The paths that are not taken for every request are boxed, and the request is lent: each request's future is
    /// moved into place whole, and would carry the size of all of them along.
    pub(super) async fn ask(&self, request: &mut Request<Body>) -> Outcome {
        while let Some(Taken { connection, rested }) = self.pool.take_h1() {
            let spare = rested.then(|| spare(request)).flatten();
            // A pooled connection may have been closed meanwhile: hyper hands the request back if none of it was
            // written, and the next connection gets it. If it was written as the origin closed, a copy goes instead,
            // once and on a connection of its own: it may be the request itself that makes the origin close.
            match (self.send_h1(connection, request).await, spare) {
                (Outcome::Unreached(_), _) => {}
                (Outcome::Failed(fault), Some(copy)) if fault.is_cut_off() => {
                    *request = *copy;
                    break;
                }
                (outcome, _) => return outcome,
            }
        }
        Box::pin(self.ask_on_shared_or_fresh(request)).await
    }

    async fn ask_on_shared_or_fresh(&self, request: &mut Request<Body>) -> Outcome {
        let speak = self.connector.speak_for(request);
        while let Some(connection) = self.pool.h2().filter(|_| speak == Speak::Either) {
            match self.send_h2(connection, request).await {
                Outcome::Unreached(_) => {}
                outcome => return outcome,
            }
        }
        self.send_fresh(request).await
    }

    async fn send_fresh(&self, request: &mut Request<Body>) -> Outcome {
        match self.open(self.connector.speak_for(request)).await {
            Ok(Opened::H1(connection)) => self.send_h1(connection, request).await,
            Ok(Opened::H2(connection)) => {
                self.pool.keep_h2(connection.clone());
                self.send_h2(connection, request).await
            }
            Err(fault) => Outcome::Unreached(fault),
        }
    }

    async fn send_h1(&self, mut connection: H1, request: &mut Request<Body>) -> Outcome {
        target::for_h1(request, self.connector.authority());
        if let Err(error) = connection.ready().await {
            return Outcome::Unreached(self.broken(error));
        }
        let asks_to_switch = request.headers().contains_key(http::header::UPGRADE);
        match connection.try_send_request(std::mem::take(request)).await {
            Ok(mut response) => {
                // The version belongs to that hop; toward the client the chassis speaks its own.
                *response.version_mut() = http::Version::HTTP_11;
                if asks_to_switch {
                    // Node hands such a connection over for good, whatever the answer: nothing later on it is read.
                    return Outcome::Answered(response.map(Body::from));
                }
                let lease = Lease::new(connection, Arc::clone(&self.pool), response.headers());
                Outcome::Answered(response.map(|body: Incoming| lease.over(body)))
            }
            Err(error) => self.unsent(error, request),
        }
    }

    async fn send_h2(&self, mut connection: H2, request: &mut Request<Body>) -> Outcome {
        target::for_h2(request, self.connector.scheme(), self.connector.authority());
        if let Err(error) = connection.ready().await {
            self.pool.forget_h2();
            return Outcome::Unreached(self.broken(error));
        }
        match connection.try_send_request(std::mem::take(request)).await {
            Ok(mut response) => {
                *response.version_mut() = http::Version::HTTP_11;
                Outcome::Answered(response.map(Body::from))
            }
            Err(error) => {
                self.pool.forget_h2();
                self.unsent(error, request)
            }
        }
    }

    /// Puts a request back that hyper has not written.
    fn unsent(
        &self,
        mut error: TrySendError<Request<Body>>,
        request: &mut Request<Body>,
    ) -> Outcome {
        match error.take_message() {
            Some(unsent) => {
                *request = unsent;
                Outcome::Unreached(self.broken(error.into_error()))
            }
            None => Outcome::Failed(self.broken(error.into_error())),
        }
    }

    fn broken(&self, source: hyper::Error) -> Fault {
        Fault::Broken {
            origin: self.name().to_owned(),
            source,
        }
    }
}

/// A copy of a request that may be made twice: one that changes nothing and has no body.
fn spare(request: &Request<Body>) -> Option<Box<Request<Body>>> {
    if !request.method().is_safe() || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    // The case of the header names is among them.
    *copy.extensions_mut() = request.extensions().clone();
    Some(Box::new(copy))
}
