//! A store for one call: the host's state, its limits, and when it must be done.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::task::yield_now;
use wasmtime::{Store, UpdateDeadline};

use super::Loaded;
use crate::bindings::overgrow::plugin::types::CallContext;
use crate::call::Ask;
use crate::grant::{Limits, Write};
use crate::host::State;

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// From when it was asked.
    pub(crate) time: Duration,
    /// Until then.
    pub(crate) end: Instant,
}

/// What arguments and results take beside their payload: names, headers, the frames of lists.
const SLACK: u64 = 64 * 1024;
/// A tick of the engine's clock: a guest that runs yields at each.
const NEXT: u64 = 1;

impl Patience {
    /// What the caller and the grant both allow, from now.
    pub(crate) fn of(ask: &Ask, limits: &Limits) -> Self {
        let now = Instant::now();
        let time = ask.deadline.saturating_duration_since(now);
        let time = time.min(limits.deadline);
        Self {
            time,
            end: now + time,
        }
    }

    /// What the guest is told of its call.
    pub(super) fn context(&self, ask: &Ask) -> CallContext {
        let left = self.end.saturating_duration_since(Instant::now());
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let deadline = now.unwrap_or_default() + left;
        CallContext {
            call_id: ask.id.clone(),
            attempt: ask.attempt,
            deadline: u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX),
            account: ask.account.clone(),
            traceparent: None,
        }
    }
}

/// A store in which nothing happened yet.
pub(super) fn fresh(plugin: &Loaded, ask: &Ask, patience: Patience) -> Store<State> {
    let state = State::new(Arc::clone(&plugin.who), ask);
    let mut store = Store::new(plugin.engine.wasmtime(), state);
    store.limiter(|state| &mut state.limit);
    let fuel = usize::try_from(transfer(plugin)).unwrap_or(usize::MAX);
    store.set_hostcall_fuel(fuel);
    lend(&mut store, patience);
    store
}

/// Gives the guest until the end of its patience: it takes turns with others at each tick, and past the end it traps.
pub(crate) fn lend<T: Send + 'static>(store: &mut Store<T>, patience: Patience) {
    store.set_epoch_deadline(NEXT);
    store.epoch_deadline_callback(move |_| Ok(turn(patience.end)));
}

fn turn(end: Instant) -> UpdateDeadline {
    if Instant::now() >= end {
        return UpdateDeadline::Interrupt;
    }
    UpdateDeadline::YieldCustom(NEXT, Box::pin(yield_now()))
}

/// Bytes the guest may hand over in one go: its answer, or a file if it may store files.
fn transfer(plugin: &Loaded) -> u64 {
    let grant = &plugin.who.grant;
    let files = grant.media.as_ref();
    let file = files
        .filter(|media| media.write == Write::Granted)
        .map_or(0, |media| media.max_bytes);
    grant.limits.answer.max(file).saturating_add(SLACK)
}
