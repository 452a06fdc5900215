//! Loading: compile, link, instantiate once, ask it who it is.
//!
//! Nothing of what the plugin does meanwhile counts: it is asked in plan mode. The surprise: a plugin is called here
//! before it is in anybody's hands, because one that cannot even say its name must not replace one that works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use overgrow_handler::Effects;
use tokio::sync::Semaphore;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre, Linker};

use super::exports::{Exports, Missing};
use super::store::{self, Patience};
use super::{Imports, Loaded, Plugin};
use crate::artifact::{self, ArtifactError};
use crate::bindings::exports::overgrow::plugin as interfaces;
use crate::call::{Ask, CallError};
use crate::engine::{Engine, MEMORIES, places};
use crate::grant::Grant;
use crate::hands::Hands;
use crate::host::{self, State};
use crate::who::Who;
use crate::wit::lifecycle::Identity;

/// Why a plugin is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The file is no component, or does not compile.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// It imports what this host does not have.
    #[error("it asks for what this host does not have: {0}")]
    Import(String),
    /// It does not export what a plugin exports.
    #[error("it does not export `{0}` of overgrow:plugin@0.1.0")]
    Export(String),
    /// It exports something else under the contract's names.
    #[error("its exports are not those of overgrow:plugin@0.1.0: {0}")]
    Types(String),
    /// It takes more than one plugin may.
    #[error("it has more than {MEMORIES} memories, or more tables than go with them")]
    Large,
    /// It failed when it was asked who it is.
    #[error("it cannot say who it is: {0}")]
    Call(#[from] CallError),
    /// It is another plugin than its file's name says.
    #[error("it says that it is `{said}`, and its file is named `{file}`")]
    Name {
        /// By the plugin.
        said: String,
        /// Of the file, without `.wasm`.
        file: String,
    },
}

/// For all of compiling's aftermath: an instance and a word.
const PATIENCE: Duration = Duration::from_secs(10);

impl Plugin {
    /// Loads a component under a name, which must be its own. Dropping the future gives up; the compiler then finishes
    /// for the cache's sake.
    ///
    /// # Errors
    /// As [`LoadError`] says. Nothing the plugin could do on the way has happened.
    pub async fn load(
        engine: &Engine,
        name: &str,
        bytes: impl Into<Arc<[u8]>>,
        grant: Grant,
        hands: Hands,
    ) -> Result<Self, LoadError> {
        let (component, made) = artifact::component(engine, bytes.into()).await?;
        let imports = Imports::of(&component);
        let places = places(&component).unwrap_or(MEMORIES);
        if places > MEMORIES {
            return Err(LoadError::Large);
        }
        let exports = Exports::of(&component).map_err(|Missing(name)| LoadError::Export(name))?;
        let instance = link(engine, &component, &imports)?;
        let turns = Arc::new(Semaphore::new(grant.limits.concurrency.max(1)));
        let loaded = Arc::new(Loaded {
            engine: engine.clone(),
            who: Arc::new(Who::new(name, grant, hands)),
            instance,
            exports,
            imports,
            made,
            places,
            turns,
        });
        let identity = introduce(&loaded).await?;
        if identity.id != name {
            return Err(LoadError::Name {
                said: identity.id,
                file: name.to_owned(),
            });
        }
        Ok(Self {
            loaded,
            identity: Arc::new(identity),
        })
    }
}

/// WASI is linked only where it is asked for, and closed then.
fn link(
    engine: &Engine,
    component: &Component,
    imports: &Imports,
) -> Result<InstancePre<State>, LoadError> {
    let mut linker = Linker::new(engine.wasmtime());
    host::add_to_linker(&mut linker)
        .and_then(|()| match imports.wasi.is_empty() {
            true => Ok(()),
            false => wasmtime_wasi::p2::add_to_linker_async(&mut linker),
        })
        .and_then(|()| linker.instantiate_pre(component))
        .map_err(|error| LoadError::Import(format!("{error:#}")))
}

/// Checks the types of all exports and has it tell its name, in an instance of its own.
async fn introduce(loaded: &Arc<Loaded>) -> Result<Identity, LoadError> {
    let (effects, _plan) = Effects::planning();
    let ask = Ask {
        id: "load".to_owned(),
        attempt: 1,
        deadline: Instant::now() + PATIENCE,
        account: None,
        effects,
    };
    let patience = Patience::of(&ask, &loaded.who.grant.limits);
    let turn = loaded.turn(patience).await?;
    let plugin = Arc::clone(loaded);
    let asked = async move {
        let _turn = turn;
        let mut store = store::fresh(&plugin, &ask, patience);
        let instance = plugin.instance(&mut store, patience).await?;
        if let Err(error) = typed(&plugin, &mut store, &instance) {
            return Ok(Err(LoadError::Types(format!("{error:#}"))));
        }
        let describe = plugin.exports.lifecycle.describe;
        let told = plugin.function(&mut store, &instance, patience, describe, ());
        let (identity,) = told.await?;
        Ok(Ok(identity))
    };
    loaded.guests(asked).await?
}

/// The generated bindings look up every function of an interface with its types.
fn typed(plugin: &Loaded, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<()> {
    let (pre, exports) = (&plugin.instance, &plugin.exports);
    interfaces::lifecycle::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    if exports.channel.is_some() {
        interfaces::channel::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    }
    if exports.webhook.is_some() {
        interfaces::webhook::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    }
    if exports.jobs.is_some() {
        interfaces::jobs::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    }
    if exports.tool.is_some() {
        interfaces::tool::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    }
    if exports.service.is_some() {
        interfaces::service::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    }
    if exports.events.is_some() {
        interfaces::events::GuestIndices::new(pre)?.load(&mut *store, instance)?;
    }
    Ok(())
}
