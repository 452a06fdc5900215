//! Turns callers away from the gateway's programming interfaces before the legacy hears of them.
//!
//! It must not read bodies, and it lets nobody in: whom it does not turn away is left to the legacy, which checks
//! again. The surprise: a caller who claims a tailnet identity is left to the legacy unasked, because only a refusal
//! would be worth the question.

use http::header::{HeaderMap, UPGRADE};
use http::{Method, Request, Response};
use overgrow_handler::{Body, BoxError, Declined, Handler};
use overgrow_settings::{Endpoint, Endpoints, Gateway, Live, Settings};

use crate::answers::{self, Shape};
use crate::credentials::{self, Presented};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// 405.
    Method,
    /// 401.
    Unauthorized,
    /// The legacy's to answer.
    Left(Declined),
}

const NOT_AUTH: Verdict = Verdict::Left(Declined("not_auth"));
const NO_SETTINGS: Verdict = Verdict::Left(Declined("no_settings"));
const TAILNET: Verdict = Verdict::Left(Declined("tailnet"));
const PASSED: Verdict = Verdict::Left(Declined("passed"));

/// The handler of `/tools/invoke`, `/v1/chat/completions` and `/v1/responses`: 405 and 401 are its own, all else is
/// declined. It is done at once and does nothing to the world.
pub fn handler(live: Live) -> Handler {
    let answer = move |request: Request<Body>| {
        let settings = live.load();
        let verdict = settings.map_or(NO_SETTINGS, |settings| judge(&settings, &request));
        let method = request.method().clone();
        async move { answered(verdict).map(|response| to(&method, response)) }
    };
    Handler::from_fn(answer)
        .through_effects()
        .declining()
        .leaving(leaves)
}

/// Node leaves the length out of an answer to a `HEAD`.
fn to(method: &Method, response: Response<Body>) -> Response<Body> {
    match *method {
        Method::HEAD => response.map(|_| Body::empty()),
        _ => response,
    }
}

fn leaves() -> Vec<String> {
    vec![
        "tools, chat completions and responses of callers who are let in".to_owned(),
        "the WebSocket, whose callers show themselves in its first message".to_owned(),
    ]
}

fn answered(verdict: Verdict) -> Result<Response<Body>, BoxError> {
    match verdict {
        Verdict::Method => Ok(answers::method_not_allowed()),
        Verdict::Unauthorized => Ok(answers::unauthorized(Shape::Gateway)),
        Verdict::Left(declined) => Err(declined.into()),
    }
}

fn judge(settings: &Settings, request: &Request<Body>) -> Verdict {
    let path = request.uri().path();
    if request.headers().contains_key(UPGRADE)
        || !includes(settings.gateway.endpoints, path)
        || is_hook(settings, path)
    {
        return NOT_AUTH;
    }
    if request.method() != Method::POST {
        return Verdict::Method;
    }
    admit(&settings.gateway, request.headers())
}

fn admit(gateway: &Gateway, headers: &HeaderMap) -> Verdict {
    let shown = Presented::in_headers(headers);
    if credentials::check(&gateway.auth, &shown).is_ok() {
        PASSED
    } else if gateway.auth.allow_tailscale && headers.contains_key("tailscale-user-login") {
        TAILNET
    } else {
        Verdict::Unauthorized
    }
}

fn includes(endpoints: Endpoints, path: &str) -> bool {
    match path {
        "/tools/invoke" => true,
        "/v1/chat/completions" => endpoints.chat_completions == Endpoint::On,
        "/v1/responses" => endpoints.responses == Endpoint::On,
        _ => false,
    }
}

/// The webhooks come first in the legacy, wherever somebody put them.
fn is_hook(settings: &Settings, path: &str) -> bool {
    let below = |base: &str| path.strip_prefix(base).is_some_and(is_end);
    settings
        .hooks
        .as_ref()
        .is_some_and(|hooks| below(&hooks.base))
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::settings as example;
