//! Why a request is not let in, and what its client is told.

use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};
use overgrow_auth::jwt::JwtError;
use overgrow_auth::{Csrf, Shape, SignatureError, unauthorized};
use overgrow_handler::Body;

/// A request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denied {
    /// It failed too often; it is heard again after this time.
    TooManyFailures(Duration),
    /// Its credentials are not those of the gateway.
    Gateway,
    /// Its token is not that of the hooks.
    Hooks,
    /// It has no JWT, or one that is not believed.
    Bearer(Option<JwtError>),
    /// Its signature is not believed.
    Signature(SignatureError),
    /// Another site's page may have made a browser send it.
    Page(Csrf),
    /// Its body is larger than a signature is checked for.
    TooLarge,
    /// Its body took too long.
    Slow,
    /// Its body broke off.
    Unreadable,
    /// What is needed to judge it is not there; that is our fault.
    CannotJudge(&'static str),
}

impl Denied {
    /// A word for metrics; the set is closed.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooManyFailures(_) => "limit",
            Self::Gateway | Self::Hooks | Self::Bearer(_) => "auth",
            Self::Signature(SignatureError::Replayed) => "replayed",
            Self::Signature(_) => "signature",
            Self::Page(_) => "csrf",
            Self::TooLarge | Self::Slow | Self::Unreadable => "body",
            Self::CannotJudge(_) => "unavailable",
        }
    }

    /// What the client is told; of the gateway and the hooks, byte for byte what they tell it themselves.
    pub(super) fn response(&self) -> Response<Body> {
        match self {
            Self::TooManyFailures(wait) => too_many(*wait),
            Self::Gateway => unauthorized(Shape::Gateway),
            Self::Hooks => unauthorized(Shape::Hooks),
            Self::Bearer(error) => unbelieved(*error),
            Self::Signature(SignatureError::Replayed) => {
                plain(StatusCode::CONFLICT, "delivered before")
            }
            Self::Signature(error) => plain(StatusCode::UNAUTHORIZED, error.to_string()),
            Self::Page(error) => plain(StatusCode::FORBIDDEN, error.to_string()),
            Self::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "payload too large"),
            Self::Slow => plain(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
            Self::Unreadable => plain(StatusCode::BAD_REQUEST, "the body broke off"),
            Self::CannotJudge(why) => plain(StatusCode::SERVICE_UNAVAILABLE, *why),
        }
    }
}

/// As RFC 6750 has it: what was wrong is said only when there was a token.
fn unbelieved(error: Option<JwtError>) -> Response<Body> {
    let text = error.map_or_else(|| "no token".to_owned(), |error| error.to_string());
    let mut response = plain(StatusCode::UNAUTHORIZED, text);
    let challenge = match error {
        None => HeaderValue::from_static("Bearer"),
        Some(_) => HeaderValue::from_static("Bearer error=\"invalid_token\""),
    };
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
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

fn plain(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
