//! `POST base/agent`: an agent's turn.

use overgrow_bridge::{Agent, Dispatch};
use uuid::Uuid;

use crate::channel::Channels;
use crate::json::{Kind, Value};
use crate::reply::Reply;
use crate::stop::Stop;
use crate::wake;

/// What a payload asks for, and the answer when it is accepted. `fresh` makes random ids.
///
/// # Errors
/// When a part of it is missing or wrong, in the gateway's order: message, channel, model.
pub(crate) fn decide(
    payload: Value<'_>,
    channels: &Channels,
    fresh: fn() -> Uuid,
) -> Result<(Dispatch, Reply), Stop> {
    let filled = |name| filled(payload, name);
    let message = filled("message").ok_or_else(|| Stop::bad("message required"))?;
    let channel = channels.resolve(payload.get("channel").map(Value::kind))?;
    let model = filled("model");
    if model.is_none() && payload.get("model").is_some() {
        return Err(Stop::bad("model required"));
    }
    let agent = Agent {
        message,
        name: filled("name").unwrap_or_else(|| NAME.to_owned()),
        wake_mode: wake::mode(payload.get("wakeMode")),
        session_key: filled("sessionKey").unwrap_or_else(|| session(fresh)),
        deliver: payload.get("deliver").map(Value::kind) != Some(Kind::Bool(false)),
        channel,
        to: filled("to"),
        model,
        thinking: filled("thinking"),
        timeout_seconds: timeout(payload.get("timeoutSeconds")),
    };
    Ok((Dispatch::Agent(Box::new(agent)), Reply::Running(fresh())))
}

/// Who speaks in summaries, unless a name is given.
pub(crate) const NAME: &str = "Hook";

/// A session of its own.
pub(crate) fn session(fresh: fn() -> Uuid) -> String {
    format!("hook:{}", fresh())
}

fn filled(payload: Value<'_>, name: &str) -> Option<String> {
    Some(payload.get(name)?.text()?.filled()?.lossy())
}

/// Whole seconds. Below one the number stays as it is: the gateway makes 0 of it, which it would not take from us.
fn timeout(said: Option<Value<'_>>) -> Option<f64> {
    match said?.kind() {
        Kind::Number(seconds) if seconds.is_finite() && seconds >= 1.0 => Some(seconds.floor()),
        Kind::Number(seconds) if seconds > 0.0 && seconds < 1.0 => Some(seconds),
        _ => None,
    }
}
