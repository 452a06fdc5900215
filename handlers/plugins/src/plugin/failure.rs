//! Which failure of a call it was.

use std::time::Duration;

use tracing::debug;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use crate::bindings::overgrow::plugin::types::{Failure, RetryAdvice};
use crate::call::{CallError, Retry};
use crate::host::State;

/// Wasmtime keeps this error's type to itself.
const TOO_MUCH: &str = "fuel allocated for hostcalls has been exhausted";

/// Names what ended a call. `time` is what it had.
pub(crate) fn name(error: &wasmtime::Error, state: &State, time: Duration) -> CallError {
    debug!(plugin = %state.who.name, call = %state.ask.id, "{error:?}");
    if error.is::<PoolConcurrencyLimitError>() {
        return CallError::Busy;
    }
    let trap = error.downcast_ref::<Trap>();
    match (trap, state.limit.refused()) {
        (Some(Trap::Interrupt), _) => return CallError::Deadline(time),
        (Some(Trap::StackOverflow), _) | (_, None) => {}
        (_, Some(limit)) => return CallError::Memory(limit),
    }
    let reason = error.root_cause().to_string();
    if reason.contains(TOO_MUCH) {
        return CallError::Answer(state.who.grant.limits.answer);
    }
    CallError::Trap(told(error, &reason, &state.printed()))
}

/// The reason, and what a guest of WASI's printed last: of a panic, that is the message.
fn told(error: &wasmtime::Error, reason: &str, printed: &str) -> String {
    let reason = match error.downcast_ref::<I32Exit>() {
        Some(exit) => format!("it ended itself with status {}", exit.0),
        None => reason.trim_start_matches("wasm trap: ").to_owned(),
    };
    match printed.is_empty() {
        true => reason,
        false => format!("{reason}; it printed last: {printed}"),
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Failed {
            code: failure.code,
            message: failure.message,
            retry: failure.retry.into(),
        }
    }
}

impl From<RetryAdvice> for Retry {
    fn from(advice: RetryAdvice) -> Self {
        match advice {
            RetryAdvice::Never => Self::Never,
            RetryAdvice::Backoff => Self::Backoff,
            RetryAdvice::After(millis) => Self::After(Duration::from_millis(millis)),
        }
    }
}
