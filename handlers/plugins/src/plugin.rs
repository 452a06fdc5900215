//! One loaded version of a plugin, and the calls of it.
//!
//! It does not know where the file lay nor who swaps versions. The surprise: each call has an instance of its own,
//! made for it and thrown away, so that neither a trap nor a secret outlives its call.

pub(crate) mod call;
mod channel;
mod exports;
pub(crate) mod failure;
mod imports;
mod load;
mod others;
mod running;
pub(crate) mod store;
mod webhook;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::InstancePre;

pub use self::channel::Typing;
use self::exports::Exports;
pub use self::imports::Imports;
pub use self::load::LoadError;
pub use self::running::Running;
use crate::artifact::Made;
use crate::engine::Engine;
use crate::grant::Grant;
use crate::host::State;
use crate::who::Who;
use crate::wit::lifecycle::Identity;

/// A plugin that can be called; cheap to clone, and clones share its limits. It lives until its last call ended.
#[derive(Clone)]
pub struct Plugin {
    loaded: Arc<Loaded>,
    identity: Arc<Identity>,
}

struct Loaded {
    engine: Engine,
    who: Arc<Who>,
    instance: InstancePre<State>,
    exports: Exports,
    imports: Imports,
    made: Made,
    /// Of the engine's room, for one instance.
    places: u32,
    /// One for each call at a time.
    turns: Arc<Semaphore>,
}

impl Plugin {
    /// Its name: its file's, and what it says of itself.
    pub fn name(&self) -> &str {
        &self.loaded.who.name
    }

    /// What it says of itself.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What it was granted.
    pub fn grant(&self) -> &Grant {
        &self.loaded.who.grant
    }

    /// What it asks the host for.
    pub fn imports(&self) -> &Imports {
        &self.loaded.imports
    }

    /// The interfaces of the contract that it exports, without their package: `channel`, `webhook`.
    pub fn exports(&self) -> Vec<&'static str> {
        self.loaded.exports.names()
    }

    /// Whether its compiled code was there already.
    pub fn made(&self) -> Made {
        self.loaded.made
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plugin").field(&self.name()).finish()
    }
}
