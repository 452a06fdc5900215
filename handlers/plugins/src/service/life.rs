//! One life of a service: from its start to its stop, or to the failure that took its instance.

use std::time::Duration;

use tokio::time::sleep;

use super::state::ServiceState;
use super::{FIRST, LONGEST, Watched};
use crate::backoff;
use crate::call::{CallError, Retry};
use crate::plugin::Running;
use crate::wit::service::{Next, StopReason};

/// How a life ended.
pub(super) enum End {
    /// As it was told.
    Stopped,
    /// By a failure; another life may go better.
    Failed(String),
    /// By a failure that the service itself calls final.
    GaveUp(String),
}

/// What to do after a call.
enum Then {
    Call(Duration),
    Wait,
    End(End),
}

/// Lives once.
pub(super) async fn live(watched: &mut Watched) -> End {
    watched.note(|status| status.state = ServiceState::Starting);
    let mut stop = watched.stop.clone();
    let started = tokio::select! {
        started = start(watched) => started,
        _ = stop.wait_for(Option::is_some) => return End::Stopped,
    };
    match started {
        Ok((running, next)) => go_on(watched, running, next).await,
        Err(error) => ended(error),
    }
}

async fn start(watched: &Watched) -> Result<(Running, Next), CallError> {
    let mut running = watched.plugin.service(&watched.ask(0)).await?;
    let next = running
        .start(&watched.ask(0), watched.config.clone())
        .await?;
    Ok((running, next))
}

/// Calls it as often as it asks.
async fn go_on(watched: &mut Watched, mut running: Running, first: Next) -> End {
    let (mut then, mut failed, mut turn) = (after(watched, first), 0, 0);
    loop {
        let wait = match then {
            Then::Call(wait) => wait,
            Then::Wait => Duration::MAX,
            Then::End(end) => return end,
        };
        let stopped = tokio::select! {
            reason = watched.stopped() => Some(reason),
            () = sleep(wait) => None,
        };
        if let Some(reason) = stopped {
            return stop(watched, running, reason, turn).await;
        }
        turn += 1;
        let ask = watched.ask(turn);
        let called = tokio::select! {
            // Cut off: what was under way is gone, and the instance with it.
            _ = watched.stop.wait_for(Option::is_some) => return End::Stopped,
            called = running.tick(&ask) => called,
        };
        failed = if called.is_ok() { 0 } else { failed + 1 };
        then = match called {
            Ok(next) => after(watched, next),
            Err(error) => again(watched, error, failed),
        };
    }
}

fn after(watched: &Watched, next: Next) -> Then {
    let (state, then) = match next {
        Next::After(millis) => (
            ServiceState::Running,
            Then::Call(Duration::from_millis(millis)),
        ),
        Next::Idle => (ServiceState::Idle, Then::Wait),
    };
    watched.note(|status| status.state = state);
    then
}

/// After a failure that left the instance alive it is called again; any other ends this life.
fn again(watched: &Watched, error: CallError, failed: u32) -> Then {
    let CallError::Failed { retry, .. } = &error else {
        return Then::End(ended(error));
    };
    let wait = match retry {
        Retry::Never => return Then::End(ended(error)),
        Retry::Backoff => backoff::wait(failed, FIRST, LONGEST, fastrand::f64()),
        Retry::After(wait) => *wait,
    };
    tracing::debug!(plugin = watched.plugin.name(), %error, "a service's turn failed");
    watched.note(|status| status.error = Some(error.to_string()));
    Then::Call(wait)
}

fn ended(error: CallError) -> End {
    let reason = error.to_string();
    match error {
        CallError::Failed {
            retry: Retry::Never,
            ..
        }
        | CallError::Absent(_) => End::GaveUp(reason),
        _ => End::Failed(reason),
    }
}

async fn stop(watched: &Watched, running: Running, reason: StopReason, turn: u64) -> End {
    if let Err(error) = running.stop(&watched.ask(turn + 1), reason).await {
        tracing::debug!(plugin = watched.plugin.name(), %error, "a service did not stop well");
    }
    End::Stopped
}
