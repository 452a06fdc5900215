//! Why there is no answer, and whose fault that is.

use std::io;

use http::StatusCode;
use overgrow_handler::{BoxError, Declined};

/// A backend gave no response head.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// TCP or TLS could not be set up with any upstream.
    #[error("cannot connect to {origin}")]
    Connect {
        /// The upstream.
        origin: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection was not up in time.
    #[error("no connection to {origin} in time")]
    ConnectTimeout {
        /// The upstream.
        origin: String,
    },
    /// The upstream closed, reset or spoke something else than HTTP.
    #[error("{origin} broke off before it answered")]
    Broken {
        /// The upstream.
        origin: String,
        /// What the HTTP library saw.
        source: hyper::Error,
    },
    /// No response head in time.
    #[error("no answer in time")]
    Timeout,
    /// The upstream agreed to a protocol nobody may switch to through a proxy.
    #[error("the backend switched to a protocol that is not websocket")]
    ForeignSwitch,
    /// The handler panicked.
    #[error("the handler panicked")]
    Panicked,
    /// The handler leaves this request to the legacy.
    #[error(transparent)]
    Declined(Declined),
    /// The handler returned an error.
    #[error("the handler failed")]
    Failed(#[source] BoxError),
    /// The request's own body broke off or could not be read.
    #[error("the request body could not be read")]
    RequestBody(#[source] BoxError),
    /// Only the legacy could answer, and there is none any more.
    #[error("there is no legacy: {0}")]
    NoLegacy(Errand),
}

/// What the legacy would have been asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// A request that no route takes.
    Unmatched,
    /// A request that is to be answered by it, as a trusted peer wants it.
    Forced,
    /// A request that a handler leaves to it.
    Declined(&'static str),
}

impl std::fmt::Display for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unmatched => f.write_str("no route takes the request"),
            Self::Forced => f.write_str("the request asks for it"),
            Self::Declined(reason) => write!(f, "the handler leaves the request to it ({reason})"),
        }
    }
}

impl Fault {
    /// The status a client is told; the one place where faults become statuses.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Connect { .. } | Self::Broken { .. } | Self::ForeignSwitch => {
                StatusCode::BAD_GATEWAY
            }
            Self::ConnectTimeout { .. } | Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Panicked | Self::Declined(_) | Self::Failed(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::RequestBody(_) | Self::NoLegacy(Errand::Forced) => StatusCode::BAD_REQUEST,
            Self::NoLegacy(Errand::Unmatched) => StatusCode::NOT_FOUND,
            Self::NoLegacy(Errand::Declined(_)) => StatusCode::NOT_IMPLEMENTED,
        }
    }

    /// A word for metrics; the set is closed, but for the words of handlers that decline.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "connect",
            Self::ConnectTimeout { .. } => "connect_timeout",
            Self::Broken { .. } => "broken",
            Self::Timeout => "timeout",
            Self::ForeignSwitch => "foreign_switch",
            Self::Panicked => "panic",
            Self::Declined(Declined(reason)) => reason,
            Self::Failed(_) => "error",
            Self::RequestBody(_) => "request_body",
            Self::NoLegacy(_) => "no_legacy",
        }
    }

    /// Whether a connection ended without a byte of an answer that could be read, as one does that was closed meanwhile.
    pub fn is_cut_off(&self) -> bool {
        matches!(self, Self::Broken { source, .. } if !source.is_parse())
    }

    /// Whether another backend might do better; not so when the client's own body is what broke.
    pub fn is_the_backends(&self) -> bool {
        !matches!(self, Self::RequestBody(_) | Self::NoLegacy(_))
    }
}
