//! Puts the facts of a request before the table.

use http::Request;
use hyper::body::Incoming;

use super::caller::Caller;
use super::generation::Generation;
use super::switch::Upgrade;
use crate::route::{Decision, RequestHead, path};

/// The route and the side. The draw is made here, because the table itself knows no randomness.
pub(super) fn decide(
    generation: &Generation,
    caller: &Caller,
    request: &Request<Incoming>,
    upgrade: Upgrade,
) -> Decision {
    let uri = request.uri();
    let path = path::of_request(uri, request.version());
    let header_host = request
        .headers()
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok());
    let head = RequestHead {
        method: request.method(),
        host: header_host.or_else(|| uri.authority().map(|authority| authority.as_str())),
        path: &path,
        query: uri.query(),
        headers: request.headers(),
        websocket: upgrade == Upgrade::WebSocket,
        client: caller.client,
        forced: caller.forced,
    };
    generation.table.decide(&head, fastrand::u64(..))
}
