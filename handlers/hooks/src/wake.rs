//! `POST base/wake`: a system event.

use overgrow_bridge::{Dispatch, Wake, WakeMode};

use crate::json::Value;
use crate::reply::Reply;
use crate::stop::Stop;

/// What a payload asks for, and the answer when it is done.
///
/// # Errors
/// When it has no text.
pub(crate) fn decide(payload: Value<'_>) -> Result<(Dispatch, Reply), Stop> {
    let text = payload.get("text").and_then(|text| text.text()?.filled());
    let text = text.ok_or_else(|| Stop::bad("text required"))?.lossy();
    let mode = mode(payload.get("mode"));
    Ok((Dispatch::Wake(Wake { text, mode }), Reply::Woken(mode)))
}

/// At once, unless it says exactly otherwise.
pub(crate) fn mode(said: Option<Value<'_>>) -> WakeMode {
    match said.and_then(Value::text) {
        Some(text) if *text == "next-heartbeat" => WakeMode::NextHeartbeat,
        _ => WakeMode::Now,
    }
}
