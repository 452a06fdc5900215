//! The chassis: listeners, TLS, the connection guard, drain and hand-over to a new binary.
//!
//! Pingora accepts and hands over sockets; each accepted stream is guarded and then served by hyper. This room knows
//! neither routes nor handlers: what answers is a [`Front`].

mod chassis;
mod drain;
pub mod guard;
mod peer;
mod sockets;
mod tls;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use overgrow_handler::BoxError;

pub use self::chassis::{Chassis, Limits};
pub use self::drain::{Drain, InFlight};
pub use self::guard::Refusal;
pub use self::peer::Peer;
pub use self::sockets::{BindError, Sockets, hand_over};
pub use self::tls::{TlsError, settings as tls_settings};

/// Answers the requests of one kind of listener.
pub trait Front: Clone + Send + Sync + 'static {
    /// Who puts a `Date` on its answers.
    const DATES: Dates;

    /// The body of its answers.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static;

    /// Answers one request; dropped when the client leaves.
    fn serve(
        &self,
        peer: Arc<Peer>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Who puts a `Date` on an answer that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// The chassis.
    Added,
    /// Nobody, or the front itself: an answer of the legacy is passed on as it came.
    Untouched,
}
