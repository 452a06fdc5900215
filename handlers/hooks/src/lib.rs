//! Answers the legacy gateway's webhooks as the gateway does, byte for byte.
//!
//! `wake`, `agent` and the mappings of its configuration are checked and answered here; what they ask for goes over the
//! bridge to the legacy, which alone has agents. It knows neither how settings are read nor how the legacy is reached.
//! The surprise: whatever only the legacy can know is left to it, from transforms in JavaScript to the list of channels
//! before it has told it.

mod address;
mod agent;
mod answer;
mod channel;
mod foresight;
mod headers;
mod js;
mod json;
mod leaves;
mod mapping;
mod payload;
mod reply;
mod stop;
mod template;
#[cfg(test)]
mod tests;
mod token;
mod wake;

use http::{Method, Request, Response};
use overgrow_bridge::Bridge;
use overgrow_handler::{Body, BoxError, Handler};
use overgrow_settings::Live;

use answer::Gateway;
use stop::Stop;

/// The handler of everything under `hooks.path`.
///
/// It answers when the bridge has accepted what the request asks for, and with 503 when the bridge does not. It reads
/// no more of a body than `hooks.maxBodyBytes`.
///
/// # Errors
/// [`Declined`](overgrow_handler::Declined) for what the legacy has to answer: hooks that are not enabled
/// (`not_enabled`), other paths (`not_hooks`), WebSockets (`upgrade`), mappings with a transform (`transform`) or
/// without the content's wrapper (`unsafe_content`), channels that only the legacy knows (`channels`), values too deep
/// to be printed (`deep`), and bodies too large to be left after all (`large_body`), and what the bridge
/// cannot carry (`large_dispatch`). Else when the client is gone.
pub fn handler(live: Live, bridge: Bridge) -> Handler {
    let leaves = live.clone();
    let gateway = Gateway { live, bridge };
    Handler::from_fn(move |request| respond(gateway.clone(), request))
        .through_effects()
        .declining()
        .leaving(move || leaves::lines(&leaves))
}

async fn respond(gateway: Gateway, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let method = request.method().clone();
    match gateway.answer(request).await {
        Ok(reply) | Err(Stop::Answer(reply)) => Ok(to(&method, reply.into_response())),
        Err(Stop::Leave(declined)) => Err(declined.into()),
        Err(Stop::Fail(error)) => Err(error),
    }
}

/// Node leaves the length out of an answer to a `HEAD`.
fn to(method: &Method, response: Response<Body>) -> Response<Body> {
    match *method {
        Method::HEAD => response.map(|_| Body::empty()),
        _ => response,
    }
}
