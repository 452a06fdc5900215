//! One call: wait for a turn, make an instance, run it within its deadline, throw it away.
//!
//! The surprise: the turn and the room travel with the guest, not with the caller. Who drops the call's future is gone
//! at once, while the next one waits until the guest really ended, at its next yield.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::error::Elapsed;
use tokio::time::timeout_at;
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower};

use super::exports::Export;
use super::store::{self, Patience};
use super::{Loaded, Plugin, failure};
use crate::bindings::overgrow::plugin::types::CallContext;
use crate::call::{Ask, CallError};
use crate::engine::{Engine, Places};
use crate::host::State;

/// A place among the plugin's calls and room for its instance.
pub(crate) struct Turn {
    _turn: OwnedSemaphorePermit,
    _room: Places,
}

/// What exports take.
pub(super) trait Arguments: ComponentNamedList + Lower + Send + Sync + 'static {}
impl<T: ComponentNamedList + Lower + Send + Sync + 'static> Arguments for T {}

/// What exports give.
pub(super) trait Answer: ComponentNamedList + Lift + Send + Sync + 'static {}
impl<T: ComponentNamedList + Lift + Send + Sync + 'static> Answer for T {}

impl Plugin {
    /// Calls an export in an instance of its own.
    pub(super) async fn call<P: Arguments, R: Answer>(
        &self,
        ask: &Ask,
        export: Export<P, R>,
        arguments: impl FnOnce(CallContext) -> P,
    ) -> Result<R, CallError> {
        self.call_prepared(ask, export, |_| (), arguments).await
    }

    /// The same, with something said to the host's state before the guest begins.
    pub(super) async fn call_prepared<P: Arguments, R: Answer>(
        &self,
        ask: &Ask,
        export: Export<P, R>,
        prepare: impl FnOnce(&mut State) + Send + 'static,
        arguments: impl FnOnce(CallContext) -> P,
    ) -> Result<R, CallError> {
        let plugin = &self.loaded;
        let patience = Patience::of(ask, &plugin.who.grant.limits);
        let turn = plugin.turn(patience).await?;
        let arguments = arguments(patience.context(ask));
        let (loaded, ask) = (Arc::clone(plugin), ask.clone());
        let guest = async move {
            let _turn = turn;
            let mut store = store::fresh(&loaded, &ask, patience);
            prepare(store.data_mut());
            let instance = loaded.instance(&mut store, patience).await?;
            loaded
                .function(&mut store, &instance, patience, export, arguments)
                .await
        };
        self.loaded.guests(guest).await
    }

    /// An answer that is not larger than granted. What the guest may hand over in one go is bounded before it is copied,
    /// but a plugin that may store files may hand over more than it may answer.
    pub(super) fn fits<T>(
        &self,
        answer: T,
        weight: impl FnOnce(&T) -> usize,
    ) -> Result<T, CallError> {
        let limit = self.loaded.who.grant.limits.answer;
        match weight(&answer) as u64 <= limit {
            true => Ok(answer),
            false => Err(CallError::Answer(limit)),
        }
    }
}

impl Loaded {
    /// Runs a guest's future on the guests' threads.
    pub(super) async fn guests<T: Send + 'static>(
        &self,
        guest: impl Future<Output = Result<T, CallError>> + Send + 'static,
    ) -> Result<T, CallError> {
        let ran = self.engine.guests().run(guest).await;
        ran.unwrap_or_else(|lost| Err(CallError::Trap(lost.to_string())))
    }

    pub(super) async fn turn(&self, patience: Patience) -> Result<Turn, CallError> {
        turn(&self.engine, &self.turns, self.places, patience).await
    }

    /// An instance, within the call's patience.
    pub(super) async fn instance(
        &self,
        store: &mut Store<State>,
        patience: Patience,
    ) -> Result<Instance, CallError> {
        let _ticking = self.engine.ticker().keep();
        let made = self.instance.instantiate_async(&mut *store);
        let made = timeout_at(patience.end.into(), made).await;
        named(made, store, patience)
    }

    /// One call of an instance, within the call's patience.
    pub(super) async fn function<P: Arguments, R: Answer>(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
        patience: Patience,
        export: Export<P, R>,
        arguments: P,
    ) -> Result<R, CallError> {
        let _ticking = self.engine.ticker().keep();
        let running = async {
            let function = instance.get_typed_func::<P, R>(&mut *store, export.index)?;
            function.call_async(&mut *store, arguments).await
        };
        let ran = timeout_at(patience.end.into(), running).await;
        named(ran, store, patience)
    }
}

/// Waits for a turn among a component's calls and for room, as long as there is patience. Without any to begin with,
/// nothing is begun: a guest may do much before its first yield.
pub(crate) async fn turn(
    engine: &Engine,
    turns: &Arc<Semaphore>,
    places: u32,
    patience: Patience,
) -> Result<Turn, CallError> {
    if patience.time.is_zero() {
        return Err(CallError::Deadline(patience.time));
    }
    let turns = Arc::clone(turns);
    let both = async {
        let turn = turns.acquire_owned().await.ok()?;
        let room = engine.room().take(places).await?;
        Some(Turn {
            _turn: turn,
            _room: room,
        })
    };
    match timeout_at(patience.end.into(), both).await {
        Ok(Some(turn)) => Ok(turn),
        Ok(None) => Err(CallError::Gone),
        Err(_) => Err(CallError::Busy),
    }
}

fn named<T>(
    ran: Result<wasmtime::Result<T>, Elapsed>,
    store: &Store<State>,
    patience: Patience,
) -> Result<T, CallError> {
    match ran {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(failure::name(&error, store.data(), patience.time)),
        Err(_) => Err(CallError::Deadline(patience.time)),
    }
}
