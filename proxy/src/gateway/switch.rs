//! Requests that want to leave HTTP, and what may come of it.
//!
//! Any `Upgrade` is put to the backend, so that its refusals reach the client unchanged; only a WebSocket may
//! actually switch. `h2c` would open a tunnel past every rule in the table.

use std::sync::Arc;

use http::{HeaderMap, Request, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::seen::{Kind, Seen};
use super::socket::Socket;
use crate::backend::tunnel;
use crate::listen::{Peer, Refusal};
use crate::record::Ears;

/// What the client asks to switch to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// Nothing.
    None,
    /// A WebSocket.
    WebSocket,
    /// Something else.
    Other,
}

/// Reads `Upgrade` and `Connection`; both must say so, and only HTTP/1.1 has upgrades.
pub(super) fn wanted(request: &Request<Incoming>, seen: Seen) -> Upgrade {
    let headers = request.headers();
    let asks = seen.has(Kind::Upgrade) && request.version() == Version::HTTP_11;
    if !asks || !names_upgrade(headers) {
        Upgrade::None
    } else if names_websocket(headers) {
        Upgrade::WebSocket
    } else {
        Upgrade::Other
    }
}

/// Refuses a WebSocket handshake without `Connection: Upgrade`: Node would leave it hanging for ever.
pub(super) fn check(
    request: &Request<Incoming>,
    seen: Seen,
    upgrade: Upgrade,
) -> Result<(), Refusal> {
    let ignored = upgrade == Upgrade::None && seen.has(Kind::Upgrade);
    if ignored && request.version() == Version::HTTP_11 && names_websocket(request.headers()) {
        return Err(Refusal::UpgradeWithoutConnection);
    }
    Ok(())
}

fn names_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn names_upgrade(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONNECTION).iter();
    let mut tokens = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
}

/// The client's half of a possible switch. The request keeps its own, for a handler that switches by itself.
pub(super) struct Switch(Option<OnUpgrade>);

impl Switch {
    /// Takes note of the client's half.
    pub(super) fn of<B>(request: &Request<B>, upgrade: Upgrade) -> Self {
        let asked = upgrade != Upgrade::None;
        Self(
            asked
                .then(|| request.extensions().get::<OnUpgrade>().cloned())
                .flatten(),
        )
    }

    /// Completes a switch. When another process answered, the two connections are joined by a tunnel that runs on
    /// its own until both sides end; a handler in this process has taken the client's half itself, and its socket
    /// is counted for as long as the connection lives.
    pub(super) fn join<B>(
        self,
        response: &mut http::Response<B>,
        peer: &Arc<Peer>,
        socket: Socket,
    ) {
        let upstream = response.extensions_mut().remove::<OnUpgrade>();
        let ears = response.extensions_mut().remove::<Ears>();
        let (Some(client), Some(upstream)) = (self.0, upstream) else {
            return peer.keep(Box::new(socket));
        };
        tokio::spawn(tunnel(client, upstream, ears, socket));
    }
}

async fn tunnel(client: OnUpgrade, upstream: OnUpgrade, ears: Option<Ears>, socket: Socket) {
    let _open = socket;
    let ends = match tokio::try_join!(client, upstream) {
        Ok(ends) => ends,
        Err(error) => return tracing::debug!(%error, "an upgrade was not completed"),
    };
    let (client, upstream) = (TokioIo::new(ends.0), TokioIo::new(ends.1));
    let joined = match ears {
        None => tunnel::join(client, upstream).await,
        // Boxed: a tunnel that nobody records has no room for one that is.
        Some(ears) => Box::pin(tunnel::join(ears.client(client), ears.service(upstream))).await,
    };
    if let Err(error) = joined {
        tracing::debug!(%error, "a tunnel broke off");
    }
}

/// Whether an answer leaves HTTP.
pub(super) fn is_switch(status: StatusCode) -> bool {
    status == StatusCode::SWITCHING_PROTOCOLS
}
