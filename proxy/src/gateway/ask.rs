//! Asks the side that was decided on, and the legacy after it where the route says so.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response};
use overgrow_handler::{Body, Call, Declined, Effects, Role};

use super::account::Account;
use super::caller::Caller;
use super::date;
use super::generation::{Generation, Route};
use crate::backend::{Backend, Errand, Fault, Replay, watched};
use crate::route::Side;

/// How much of a request body is kept for a second attempt. Past it a failure is the client's to see.
const REPLAY: usize = Declined::BODY;

/// The head of the answer, or why there is none. The request is lent, so that no future holds it but the caller's.
pub(super) async fn ask(
    generation: &Generation,
    account: &mut Account,
    caller: &Caller,
    request: &mut Request<Body>,
) -> Result<Response<Body>, Fault> {
    let route = Arc::clone(account.route());
    let forced = caller.forced == Some(Side::Legacy);
    let (limit, backend) = match (&route.rust, account.side(), &generation.legacy) {
        (Some(_), _, None) if forced => return Err(Fault::NoLegacy(Errand::Forced)),
        (Some(rust), Side::Rust, legacy) => {
            tell(request, caller, &route);
            if let Some(legacy) = legacy
                && (route.fallback || rust.may_decline())
            {
                // Boxed, so that requests without a fallback do not carry its size along.
                return Box::pin(ask_with_fallback(legacy, account, rust, request)).await;
            }
            (route.rust_timeout, rust)
        }
        (_, _, Some(legacy)) => (route.legacy_timeout, legacy),
        (_, _, None) => return Err(Fault::NoLegacy(Errand::Unmatched)),
    };
    match within(limit, backend, request).await {
        Err(Fault::Declined(Declined(reason))) if generation.legacy.is_none() => {
            Err(Fault::NoLegacy(Errand::Declined(reason)))
        }
        answer => answer,
    }
}

async fn within(
    limit: Duration,
    backend: &Backend,
    request: &mut Request<Body>,
) -> Result<Response<Body>, Fault> {
    let (body, patience) = watched(std::mem::take(request.body_mut()), limit);
    *request.body_mut() = body;
    let attempt = pin!(backend.ask(request));
    let mut response = patience.wait(attempt).await?;
    if matches!(backend, Backend::Native(_)) {
        date::add(response.headers_mut());
    }
    Ok(response)
}

async fn ask_with_fallback(
    legacy: &Backend,
    account: &mut Account,
    rust: &Backend,
    request: &mut Request<Body>,
) -> Result<Response<Body>, Fault> {
    let route = Arc::clone(account.route());
    let (parts, body) = std::mem::take(request).into_parts();
    let (body, replay) = Replay::new(body, REPLAY);
    let mut first = Request::from_parts(parts.clone(), body);
    let fault = match within(route.rust_timeout, rust, &mut first).await {
        Err(fault) if falls_back(&route, &fault) => fault,
        answer => return answer,
    };
    // Its body may still be in its place, and has to be let go of before it can come again.
    drop(first);
    let Some(body) = replay.rewind().await else {
        route.metrics.fell_back("not_replayable");
        return Err(fault);
    };
    account.falls_back(fault.reason());
    match fault {
        Fault::Declined(_) => account.was_declined(),
        _ => {
            tracing::warn!(route = %route.id, %fault, "the native side failed, the legacy answers")
        }
    }
    let mut again = Request::from_parts(parts, body);
    again.extensions_mut().remove::<Call>();
    within(route.legacy_timeout, legacy, &mut again).await
}

fn falls_back(route: &Route, fault: &Fault) -> bool {
    let declined = matches!(fault, Fault::Declined(_));
    declined || (route.fallback && fault.is_the_backends())
}

/// Tells a handler about the call.
fn tell(request: &mut Request<Body>, caller: &Caller, route: &Route) {
    request.extensions_mut().insert(Call {
        route: Arc::clone(&route.id),
        request_id: caller.request_id.clone(),
        client: caller.client,
        role: Role::Primary,
        deadline: Instant::now() + route.rust_timeout,
        effects: Effects::performing(),
    });
}
