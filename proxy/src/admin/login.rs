//! `/api/login`, `/api/logout` and `/api/session`: a token for a session.
//!
//! The token goes over the wire once and is kept nowhere in the browser. The surprise: tries are counted for all callers
//! together, right ones too, because whoever guesses does not guess from one address.

use std::sync::Arc;

use axum::Json;
use axum::extract::Extension;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::access::{Access, Entry};
use super::session::Channel;
use super::{problem, routes};

/// The body of a `POST /api/login`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    token: String,
}

/// `GET /api/session`: whether a token is asked for, and whether this browser has shown it. Anybody may ask.
pub(super) async fn session(
    Extension(access): Extension<Arc<Access>>,
    headers: HeaderMap,
) -> Response {
    Json(json!({
        "needed": access.asks_for_token(),
        "logged_in": access.lets_in(&headers),
    }))
    .into_response()
}

/// `POST /api/login` with the token: 204 and a cookie that stands for it.
pub(super) async fn login(
    Extension(access): Extension<Arc<Access>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refused) = routes::refuse_other_than_json(&headers) {
        return refused;
    }
    let body = Zeroizing::new(body);
    let Ok(Shown { token }) = serde_json::from_str(&body) else {
        return problem::of(StatusCode::BAD_REQUEST, "send {\"token\": \"..\"}");
    };
    let token = Zeroizing::new(token);
    match access.log_in(&token, channel(&headers)) {
        Entry::Open => StatusCode::NO_CONTENT.into_response(),
        Entry::Begun(cookie) => {
            (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
        }
        Entry::Wrong => problem::of(StatusCode::UNAUTHORIZED, "that is not the admin token"),
        Entry::TooMany => problem::of(
            StatusCode::TOO_MANY_REQUESTS,
            "too many tries; wait a few seconds",
        ),
        Entry::NoRandomness => problem::of(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the system gives no random numbers",
        ),
    }
}

/// `POST /api/logout` ends this browser's session.
pub(super) async fn logout(
    Extension(access): Extension<Arc<Access>>,
    headers: HeaderMap,
) -> Response {
    let cookie = access.log_out(&headers);
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
}

/// This listener speaks no TLS itself; a browser that reached it through something that does says so in `Origin`.
fn channel(headers: &HeaderMap) -> Channel {
    let origin = headers.get(header::ORIGIN).map(|origin| origin.as_bytes());
    match origin.is_some_and(|origin| origin.starts_with(b"https://")) {
        true => Channel::Encrypted,
        false => Channel::Plain,
    }
}
