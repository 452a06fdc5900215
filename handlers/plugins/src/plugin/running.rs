//! An instance that lives: a service.
//!
//! It knows nothing of back-off or of when to call. The surprise: the instance goes to the guests' threads with each
//! call and comes back with its answer, so that whatever ends a call early (a trap, a deadline, a caller who left) ends
//! the instance too, and what is left says [`CallError::Gone`].

use std::sync::Arc;

use tokio::time::timeout_at;
use wasmtime::Store;
use wasmtime::component::Instance;

use super::call::{Answer, Arguments};
use super::exports::{Export, Service};
use super::store::{self, Patience};
use super::{Loaded, Plugin};
use crate::bindings::overgrow::plugin::types::CallContext;
use crate::call::{Ask, CallError};
use crate::engine::Places;
use crate::host::State;
use crate::wit::service::{Next, StopReason};

/// A service's instance. Its calls never overlap; it ends when this is dropped, without a word to it.
pub struct Running {
    plugin: Arc<Loaded>,
    service: Service,
    living: Option<Living>,
}

struct Living {
    store: Store<State>,
    instance: Instance,
    _room: Places,
}

impl Plugin {
    /// Makes the instance of a service; nothing of it runs before [`start`](Running::start). It takes room as long as
    /// it lives, and none of the plugin's turns.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn service(&self, ask: &Ask) -> Result<Running, CallError> {
        let exports = &self.loaded.exports;
        let service = exports.service.ok_or(CallError::Absent("service"))?;
        let patience = Patience::of(ask, &self.loaded.who.grant.limits);
        let room = self.loaded.engine.room().take(self.loaded.places);
        let room = timeout_at(patience.end.into(), room).await;
        let room = room.map_err(|_| CallError::Busy)?.ok_or(CallError::Gone)?;
        let (plugin, ask) = (Arc::clone(&self.loaded), ask.clone());
        let made = async move {
            let mut store = store::fresh(&plugin, &ask, patience);
            let instance = plugin.instance(&mut store, patience).await?;
            Ok(Living {
                store,
                instance,
                _room: room,
            })
        };
        Ok(Running {
            living: Some(self.loaded.guests(made).await?),
            plugin: Arc::clone(&self.loaded),
            service,
        })
    }
}

impl Running {
    /// Begins, with the configuration as JSON.
    ///
    /// # Errors
    /// As [`CallError`] says; after any but `Failed` the instance is gone.
    pub async fn start(&mut self, ask: &Ask, config: String) -> Result<Next, CallError> {
        let export = self.service.start;
        let (next,) = self.call(ask, export, |ctx| (ctx, config)).await?;
        Ok(next?)
    }

    /// Goes on.
    ///
    /// # Errors
    /// As [`CallError`] says; after any but `Failed` the instance is gone. Dropping the future ends it too.
    pub async fn tick(&mut self, ask: &Ask) -> Result<Next, CallError> {
        let export = self.service.tick;
        let (next,) = self.call(ask, export, |ctx| (ctx,)).await?;
        Ok(next?)
    }

    /// Ends, after a last word to the plugin.
    ///
    /// # Errors
    /// As [`CallError`] says; the instance is gone either way.
    pub async fn stop(mut self, ask: &Ask, reason: StopReason) -> Result<(), CallError> {
        let export = self.service.stop;
        let (stopped,) = self.call(ask, export, |ctx| (ctx, reason)).await?;
        Ok(stopped?)
    }

    /// How it fares, in its own words: well or not.
    ///
    /// # Errors
    /// As [`CallError`] says; after any the instance is gone.
    pub async fn health(&mut self, ask: &Ask) -> Result<Result<String, String>, CallError> {
        let export = self.service.health;
        let (health,) = self.call(ask, export, |_| ()).await?;
        Ok(health)
    }

    /// Whether it can still be called.
    pub fn is_alive(&self) -> bool {
        self.living.is_some()
    }

    async fn call<P: Arguments, R: Answer>(
        &mut self,
        ask: &Ask,
        export: Export<P, R>,
        arguments: impl FnOnce(CallContext) -> P,
    ) -> Result<R, CallError> {
        let mut living = self.living.take().ok_or(CallError::Gone)?;
        let patience = Patience::of(ask, &self.plugin.who.grant.limits);
        let arguments = arguments(patience.context(ask));
        living.store.data_mut().turn(ask);
        store::lend(&mut living.store, patience);
        let plugin = Arc::clone(&self.plugin);
        let guest = async move {
            let Living {
                store, instance, ..
            } = &mut living;
            let answer = plugin
                .function(store, instance, patience, export, arguments)
                .await?;
            Ok((answer, living))
        };
        let (answer, living) = self.plugin.guests(guest).await?;
        self.living = Some(living);
        Ok(answer)
    }
}
