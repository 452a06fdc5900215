//! Components of the ordinary `wasi:http` world as handlers: what spin, jco and componentize-py make.
//!
//! They know nothing of the plugin contract; what they may do is their grant's `http`, and nothing else. The surprise:
//! the answer's head may be on its way to the client while the component still runs, so the call ends with the body.

mod hooks;
mod serve;
mod state;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use self::state::Web;
use crate::artifact::{self, Made};
use crate::engine::{Engine, MEMORIES, places};
use crate::grant::Grant;
use crate::hands::Hands;
use crate::plugin::{Imports, LoadError};
use crate::who::Who;

/// A component that answers HTTP requests; cheap to clone. Each request has an instance of its own.
#[derive(Clone)]
pub struct WebComponent(Arc<Loaded>);

struct Loaded {
    engine: Engine,
    who: Arc<Who>,
    instance: ProxyPre<Web>,
    imports: Imports,
    made: Made,
    places: u32,
    turns: Arc<Semaphore>,
}

impl WebComponent {
    /// Loads a component. Of it nothing runs before the first request.
    ///
    /// # Errors
    /// As [`LoadError`] says.
    pub async fn load(
        engine: &Engine,
        name: &str,
        bytes: impl Into<Arc<[u8]>>,
        grant: Grant,
        hands: Hands,
    ) -> Result<Self, LoadError> {
        let (component, made) = artifact::component(engine, bytes.into()).await?;
        let places = places(&component).unwrap_or(MEMORIES);
        if places > MEMORIES {
            return Err(LoadError::Large);
        }
        let linker = linker(engine).map_err(|error| LoadError::Import(format!("{error:#}")))?;
        let instance = linker
            .instantiate_pre(&component)
            .map_err(|error| LoadError::Import(format!("{error:#}")))?;
        let instance = ProxyPre::new(instance)
            .map_err(|_| LoadError::Export("wasi:http/incoming-handler".to_owned()))?;
        let turns = Arc::new(Semaphore::new(grant.limits.concurrency.max(1)));
        Ok(Self(Arc::new(Loaded {
            engine: engine.clone(),
            imports: Imports::of(&component),
            who: Arc::new(Who::new(name, grant, hands)),
            instance,
            made,
            places,
            turns,
        })))
    }

    /// Its file's name.
    pub fn name(&self) -> &str {
        &self.0.who.name
    }

    /// What it was granted.
    pub fn grant(&self) -> &Grant {
        &self.0.who.grant
    }

    /// What it asks the host for.
    pub fn imports(&self) -> &Imports {
        &self.0.imports
    }

    /// Whether its compiled code was there already.
    pub fn made(&self) -> Made {
        self.0.made
    }
}

/// WASI without files and sockets, HTTP as granted.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<Web>> {
    let mut linker = Linker::new(engine.wasmtime());
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Ok(linker)
}

impl fmt::Debug for WebComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WebComponent").field(&self.name()).finish()
    }
}
