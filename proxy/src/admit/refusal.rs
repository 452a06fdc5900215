//! Why a request is not let in, and what its client is told.

use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};
use overgrow_auth::{Shape, unauthorized};
use overgrow_handler::Body;

/// A request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// It failed too often; it is heard again after this time.
    TooManyFailures(Duration),
    /// Its credentials are not those of the gateway.
    Gateway,
    /// Its token is not that of the hooks.
    Hooks,
    /// What is needed to judge it is not there; that is our fault.
    CannotJudge(&'static str),
}

impl Denied {
    /// A word for metrics; the set is closed.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooManyFailures(_) => "limit",
            Self::Gateway | Self::Hooks => "auth",
            Self::CannotJudge(_) => "unavailable",
        }
    }

    /// What the client is told; of the gateway and the hooks, byte for byte what they tell it themselves.
    pub fn response(&self) -> Response<Body> {
        match self {
            Self::TooManyFailures(wait) => too_many(*wait),
            Self::Gateway => unauthorized(Shape::Gateway),
            Self::Hooks => unauthorized(Shape::Hooks),
            Self::CannotJudge(why) => plain(StatusCode::SERVICE_UNAVAILABLE, why),
        }
    }
}

fn too_many(wait: Duration) -> Response<Body> {
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS, "too many failures");
    // Whole seconds, and never one too few.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
