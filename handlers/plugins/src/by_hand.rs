//! One call of a plugin by hand, for an operator who wants to see what it does.
//!
//! It goes the way of every other call. The surprise: whether anything happens outside is the caller's choice by the
//! effects it gives; a planning one shows what would have happened.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use http::{Request, Response};
use overgrow_handler::{Body, BoxError, Call, Effects, Handler, RequestId, Role};
use tower::ServiceExt;

use crate::call::{Ask, CallError};
use crate::folder::Shelf;
use crate::plugin::Plugin;
use crate::wit::channel::{Delivery, Target, Text, TextFormat};
use crate::wit::tool::{Invocation, Output};

/// Longer than an operator waits; the grant's own deadline counts before.
const PATIENCE: Duration = Duration::from_secs(120);

/// Calls a tool, its arguments as JSON.
pub(crate) async fn invoke(
    shelf: &Shelf,
    plugin: &str,
    tool: &str,
    arguments: &str,
    effects: Effects,
) -> Result<Output, CallError> {
    let slot = shelf.slot(plugin).ok_or(CallError::Gone)?;
    let ask = ask(effects);
    let invocation = Invocation {
        name: tool.to_owned(),
        arguments: arguments.to_owned(),
        agent: None,
        session: None,
        channel: None,
    };
    let call = |plugin: Plugin| async move { plugin.invoke(&ask, invocation).await };
    slot.ask("invoke", call).await
}

/// Sends a text over the plugin's channel, whole: a text above the channel's limit is the plugin's to refuse.
pub(crate) async fn send_text(
    shelf: &Shelf,
    plugin: &str,
    to: &str,
    text: &str,
    effects: Effects,
) -> Result<Delivery, CallError> {
    let slot = shelf.slot(plugin).ok_or(CallError::Gone)?;
    let ask = ask(effects);
    let target = Target {
        to: to.to_owned(),
        account: None,
        thread: None,
        reply_to: None,
        silent: false,
        extra: Vec::new(),
    };
    let text = Text {
        body: text.to_owned(),
        format: TextFormat::Plain,
    };
    let call = |plugin: Plugin| async move { plugin.send_text(&ask, target, text).await };
    slot.ask("send-text", call).await
}

/// Has a plugin answer a request, as if it had come from this machine.
pub(crate) async fn request(
    handler: Handler,
    mut request: Request<Body>,
    effects: Effects,
) -> Result<Response<Body>, BoxError> {
    request.extensions_mut().insert(Call {
        route: "by hand".into(),
        request_id: RequestId::from_bits(fastrand::u128(..)),
        client: Ipv4Addr::LOCALHOST.into(),
        role: Role::Primary,
        deadline: Instant::now() + PATIENCE,
        effects,
    });
    handler.oneshot(request).await
}

fn ask(effects: Effects) -> Ask {
    Ask {
        id: format!("hand-{:016x}", fastrand::u64(..)),
        attempt: 1,
        deadline: Instant::now() + PATIENCE,
        account: None,
        effects,
    }
}
