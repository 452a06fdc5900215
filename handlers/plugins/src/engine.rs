//! Wasmtime, set up once: what compiles plugins, keeps room for their instances and runs their code.
//!
//! It knows no plugin and no grant. The surprise: guests run on threads of their own, so that one that computes for
//! ten seconds delays other guests by milliseconds and the proxy's traffic not at all.

mod guests;
mod limits;
mod room;
mod ticker;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tracing::warn;

use crate::artifact::Cache;

pub(crate) use guests::Guests;
pub(crate) use limits::{MEMORIES, Meter};
pub(crate) use room::{Places, Room, places};
pub(crate) use ticker::Ticker;

/// How much the engine may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// Threads that run guests.
    pub threads: usize,
    /// Instances at one time, those of services counted; more calls wait within their deadlines. Each reserves 4 GiB
    /// of addresses, and takes memory only when it is used.
    pub instances: u32,
    /// Where compiled plugins are kept between runs; `None` compiles at each start.
    pub cache: Option<PathBuf>,
}

/// The engine; cheap to clone. Its threads end with the last clone.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

struct Parts {
    wasmtime: wasmtime::Engine,
    guests: Guests,
    ticker: Ticker,
    room: Room,
    cache: Option<Cache>,
    config: EngineConfig,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Wasmtime cannot run on this machine.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Wasmtime(String),
    /// A thread could not be started.
    #[error("cannot start a thread for plugins: {0}")]
    Thread(#[from] std::io::Error),
}

impl Default for EngineConfig {
    /// As many threads as cores but no more than four, and a thousand instances.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads: cores.min(4),
            instances: 1000,
            cache: None,
        }
    }
}

impl Engine {
    /// Starts the threads and reserves the addresses. Where so many addresses are not to be had, instances are
    /// allocated one by one, which is three times as slow, and the log says so.
    ///
    /// # Errors
    /// When Wasmtime refuses this machine, or a thread cannot be started.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        let wasmtime = room::engine(config.instances)?;
        let guests = Guests::start(config.threads)?;
        let ticker = Ticker::start(wasmtime.weak())?;
        let room = Room::new(config.instances);
        let cache = config.cache.as_deref();
        let cache = cache.and_then(|folder| open(folder, &wasmtime));
        Ok(Self(Arc::new(Parts {
            wasmtime,
            guests,
            ticker,
            room,
            cache,
            config,
        })))
    }

    /// Instances for which there is room now.
    pub fn free(&self) -> usize {
        self.0.room.free()
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    pub(crate) fn guests(&self) -> &Guests {
        &self.0.guests
    }

    pub(crate) fn ticker(&self) -> &Ticker {
        &self.0.ticker
    }

    pub(crate) fn room(&self) -> &Room {
        &self.0.room
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.0.cache.as_ref()
    }
}

/// A cache that cannot be used costs time at starts, nothing else.
fn open(folder: &Path, engine: &wasmtime::Engine) -> Option<Cache> {
    Cache::open(folder, engine)
        .inspect_err(|error| {
            warn!(%error, folder = %folder.display(), "compiled plugins are not kept");
        })
        .ok()
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.0.config).finish()
    }
}
