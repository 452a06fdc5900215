//! The HTTP client that the object store's library is lent.
//!
//! It must not know S3. It exists so that there is one TLS stack in the program: the library's own client brings another.

use std::error::Error;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector as Connects, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};

/// Until a connection is there: a store that takes longer is down, and the library tries again.
const CONNECT: Duration = Duration::from_secs(5);

/// Until the answer's head is there, as long as the library's own client waits.
const ANSWER: Duration = Duration::from_secs(30);

/// A client with connections that are kept.
#[derive(Debug, Clone)]
pub(super) struct Lent(Client<HttpsConnector<HttpConnector>, HttpRequestBody>);

impl Lent {
    /// # Errors
    /// When the system has no trusted certificates.
    pub(super) fn new() -> io::Result<Self> {
        let mut sockets = HttpConnector::new();
        sockets.enforce_http(false);
        sockets.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(sockets);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new());
        Ok(Self(client.build(connector)))
    }
}

impl Connects for Lent {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Lent {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answered = tokio::time::timeout(ANSWER, self.0.request(request)).await;
        let answer = answered.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?;
        let answer = answer.map_err(|error| HttpError::new(kind(&error), error))?;
        Ok(answer.map(|body| HttpResponseBody::new(body.map_err(broken))))
    }
}

fn broken(error: hyper::Error) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, error)
}

/// What the library may try again.
fn kind(error: &hyper_util::client::legacy::Error) -> HttpErrorKind {
    let hyper = error
        .source()
        .and_then(|source| source.downcast_ref::<hyper::Error>());
    match hyper {
        _ if error.is_connect() => HttpErrorKind::Connect,
        Some(error) if error.is_incomplete_message() || error.is_closed() => HttpErrorKind::Request,
        Some(error) if error.is_timeout() => HttpErrorKind::Timeout,
        _ => HttpErrorKind::Unknown,
    }
}
