//! Config → build → run: puts the rooms together into a running sidecar.
//!
//! The one place that knows every room. The surprise: there are two runtimes. Traffic has one thread per core, each
//! with a scheduler of its own; everything else (admin, reloads, health checks, signals) shares a small one, so that
//! a scrape or a reload never stands in a client's way.

mod build;
mod run;
mod start;

use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use overgrow_handler::{Body, BoxError, Handler, Registry};
use tower::{Layer, Service};

pub use self::run::Running;

use crate::config::{Faults, Handlers, SecretError};
use crate::gateway::BuildError;
use crate::listen::{BindError, TlsError};
use crate::natives::Natives;

/// A sidecar could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// routes.toml cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// routes.toml has faults.
    #[error("{0}")]
    Config(Faults),
    /// A secret cannot be had.
    #[error("the admin token cannot be read")]
    Secret(#[source] SecretError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The data folder cannot be made.
    #[error("cannot make the data folder {path}")]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What a route needs cannot be had.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A runtime cannot be started.
    #[error("cannot start a runtime")]
    Runtime(#[source] std::io::Error),
    /// The metrics contradict themselves.
    #[error("the metrics cannot be registered")]
    Metrics(#[source] prometheus::Error),
}

/// The way in for programs that use overgrow as a library.
#[derive(Debug)]
pub struct Overgrow;

impl Overgrow {
    /// A sidecar without handlers, on `routes.toml` in the current folder.
    pub fn builder() -> Builder {
        Builder {
            handlers: Registry::default(),
            file: PathBuf::from("routes.toml"),
            inherit: Inherit::Nothing,
            asked: Instant::now(),
        }
    }
}

/// What a sidecar is made of.
#[derive(Debug, Clone)]
pub struct Builder {
    handlers: Registry,
    file: PathBuf,
    inherit: Inherit,
    /// When the start was asked for, for the metric and the ready line.
    asked: Instant,
}

/// Where listening sockets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inherit {
    /// They are bound.
    Nothing,
    /// A running process hands its own over.
    Sockets,
}

impl Builder {
    /// Registers a handler under the name that routes.toml uses: an axum `Router` or any other tower service. For
    /// `shadow.writes = "plan"`, give a [`Handler`] that declares
    /// [`through_effects`](overgrow_handler::Handler::through_effects).
    pub fn handler<S, B>(mut self, name: impl Into<String>, service: S) -> Self
    where
        S: Service<Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.handlers.insert(name, Handler::new(service));
        self
    }

    /// Puts a tower layer around the handler of that name: one of this program, or one of overgrow's own (`hooks`,
    /// `media`, `plugin:zalo`, …). What the handler declared still holds; the last layer given is outermost. A name
    /// that nobody uses does nothing.
    pub fn layer<L, B>(mut self, name: impl Into<String>, layer: L) -> Self
    where
        L: Layer<Handler> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = http::Response<B>>,
        L::Service: Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let wrap = move |handler: Handler| handler.layered(&layer);
        self.handlers.wrap(name, wrap);
        self
    }

    /// Where routes.toml is.
    pub fn config_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = file.into();
        self
    }

    /// Takes the listening sockets over from a running process, which then drains (see [`Running::hand_over`]).
    pub fn upgrade(mut self) -> Self {
        self.inherit = Inherit::Sockets;
        self
    }

    /// The names that `handler = ".."` may use.
    pub fn handler_names(&self) -> Handlers {
        Natives::names(Handlers::of(&self.handlers))
    }

    /// Starts and returns when the sidecar is ready. Must not be called on an async runtime's thread.
    ///
    /// # Errors
    /// Whatever stands in the way, before any traffic is taken.
    pub fn start(self) -> Result<Running, StartError> {
        start::start(&self)
    }

    /// Starts and runs until a signal ends it: SIGTERM and SIGINT drain, SIGQUIT hands the sockets over and drains,
    /// SIGHUP reloads.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn run(self) -> Result<(), StartError> {
        self.start()?.until_signal();
        Ok(())
    }
}
