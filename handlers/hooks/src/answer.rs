//! The way of a request, in the gateway's order.
//!
//! Whatever is decided is decided elsewhere. The surprise: callers are let in before it is asked what they want, and a
//! body that is no JSON is refused before it is known whether there is such a hook.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{EXPECT, UPGRADE};
use http::request::Parts;
use http::{Method, Request};
use http_body::Body as _;
use overgrow_bridge::{Bridge, BridgeError, Dispatch};
use overgrow_handler::{Body, Call, Declined};
use overgrow_settings::{Hooks, Live, Settings};
use uuid::Uuid;

use crate::address::Address;
use crate::channel::Channels;
use crate::reply::Reply;
use crate::stop::Stop;
use crate::template::Scope;
use crate::{agent, foresight, headers, mapping, payload, token, wake};

/// The gateway's hooks.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) live: Live,
    pub(crate) bridge: Bridge,
}

/// A request that was let in, without its body.
struct Admitted<'a> {
    hooks: &'a Hooks,
    address: Address,
    head: Parts,
    channels: Channels,
}

impl Gateway {
    /// Answers a request. What it asks for is durable before the answer is given.
    ///
    /// # Errors
    /// How it ends when nothing was dispatched. Dropping the future before it is done may or may not have dispatched.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Result<Reply, Stop> {
        let settings = self.live.load();
        let hooks = enabled(settings.as_ref())?;
        let (head, body) = request.into_parts();
        let address = admit(hooks, &head)?;
        let channels = Channels(self.bridge.channels());
        foresight::check(hooks, address.hook(), &channels, &body.size_hint())?;
        let admitted = Admitted {
            hooks,
            address,
            head,
            channels,
        };
        let body = payload::read(body, hooks.max_body).await?;
        let (dispatch, reply) = admitted.decide(&body)?;
        let call = admitted.head.extensions.get::<Call>();
        let call = call.ok_or_else(|| Stop::Fail("the request carries no call".into()))?;
        let dispatched = self.bridge.dispatch(&call.effects, dispatch).await;
        dispatched.map_err(|error| turned_away(&error, &body, call))?;
        Ok(reply)
    }
}

/// How a request ends that the bridge does not take. What is too large for it the legacy may still take itself; when
/// the queue is full or broken, the legacy is away or behind, and the caller had better come again.
fn turned_away(error: &BridgeError, body: &Bytes, call: &Call) -> Stop {
    tracing::warn!(request_id = %call.request_id, %error, "a hook was turned away");
    match error {
        BridgeError::TooLarge { .. } if body.len() <= Declined::BODY => {
            Declined("large_dispatch").into()
        }
        BridgeError::TooLarge { .. } => Reply::TooLarge.into(),
        _ => Reply::Busy.into(),
    }
}

fn enabled(settings: Option<&Arc<Settings>>) -> Result<&Hooks, Declined> {
    let hooks = settings.and_then(|settings| settings.hooks.as_ref());
    hooks.ok_or(Declined("not_enabled"))
}

/// Anything but `100-continue`, which the legacy's server refuses before it looks at the path.
fn expects_something_else(head: &Parts) -> bool {
    let expected = head.headers.get(EXPECT).map(http::HeaderValue::as_bytes);
    expected.is_some_and(|expected| {
        !expected.is_empty() && !expected.eq_ignore_ascii_case(b"100-continue")
    })
}

/// Everything that is asked before the body.
fn admit(hooks: &Hooks, head: &Parts) -> Result<Address, Stop> {
    if wants_websocket(head) {
        return Err(Declined("upgrade").into());
    }
    if expects_something_else(head) {
        return Err(Declined("expect").into());
    }
    let address = Address::read(&head.uri, head.version, &hooks.base)?;
    token::admit(&hooks.token, &head.headers, &address)?;
    if head.method != Method::POST {
        return Err(Reply::MethodNotAllowed.into());
    }
    if address.hook().is_empty() {
        return Err(Reply::NotFound.into());
    }
    Ok(address)
}

/// The gateway's hooks do not hear what asks to become a WebSocket.
fn wants_websocket(head: &Parts) -> bool {
    headers::value(&head.headers, &UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
}

impl Admitted<'_> {
    /// What a whole body asks for. One that is too large to be sent again cannot be left to the legacy any more; it was
    /// foreseen that nothing makes us do so but a value too deep to print, at which the legacy fails in these words.
    fn decide(&self, body: &Bytes) -> Result<(Dispatch, Reply), Stop> {
        let decided = self.decide_payload(body);
        if body.len() > Declined::BODY && matches!(decided, Err(Stop::Leave(_))) {
            return Err(Reply::MappingFailed.into());
        }
        decided
    }

    fn decide_payload(&self, body: &Bytes) -> Result<(Dispatch, Reply), Stop> {
        let document = payload::parse(body)?;
        let payload = document.root();
        let hook = self.address.hook();
        match hook {
            "wake" => return wake::decide(payload),
            "agent" => return agent::decide(payload, &self.channels, Uuid::new_v4),
            _ => {}
        }
        let mapping = mapping::find(&self.hooks.mappings, hook, payload).ok_or(Reply::NotFound)?;
        let scope = Scope {
            hook,
            payload,
            headers: &self.head.headers,
            address: &self.address,
            now: SystemTime::now(),
        };
        mapping::decide(mapping, scope, &self.channels, Uuid::new_v4)
    }
}
