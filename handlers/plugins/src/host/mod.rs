//! What a plugin can call: the state of one call and, in a file each, the interfaces.
//!
//! Every function asks the grant first, then the hands, and answers a typed error; none traps but for a broken handle.
//! The surprise: a guest built for WASI gets a context that is closed on all sides, made only when it is asked for.

mod answer;
mod config;
mod env;
mod http;
mod inbound;
mod kv;
mod legacy;
mod log;
mod mask;
mod media;
mod overlay;
mod process;
mod secrets;
mod timers;
mod veil;
mod wasi;

use std::sync::Arc;
use std::time::{Duration, Instant};

use overgrow_keep::Space;
use serde_json::Value;
use wasmtime::component::{HasSelf, Linker, ResourceTable};

pub use self::http::Response;
pub(crate) use self::http::{Plain, WHOLE, plugins_in};
use self::mask::Mask;
pub use self::media::Blob;
use self::overlay::Overlay;
pub use self::process::Child;
pub use self::secrets::Secret;
use crate::bindings::Everything;
use crate::bindings::overgrow::plugin::types;
use crate::call::Ask;
use crate::engine::Meter;
use crate::who::Who;

/// Handles that one call may hold at a time; a plugin that drops what it used needs a few.
const HANDLES: usize = 1024;

/// What a store holds for one call, or for a service's life.
pub(crate) struct State {
    pub(crate) who: Arc<Who>,
    pub(crate) ask: Ask,
    /// For [`wasmtime::Store::limiter`].
    pub(crate) limit: Meter,
    table: ResourceTable,
    wasi: wasi::Closed,
    began: Instant,
    mask: Mask,
    overlay: Overlay,
    space: Option<Space>,
    /// Bytes of the files that are open.
    held: u64,
    /// Plugins whose requests led to this call.
    through: Vec<String>,
}

impl State {
    pub(crate) fn new(who: Arc<Who>, ask: &Ask) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            limit: Meter::new(who.grant.limits.memory),
            who,
            ask: ask.clone(),
            table,
            wasi: wasi::Closed::default(),
            began: Instant::now(),
            mask: Mask::default(),
            overlay: Overlay::default(),
            space: None,
            held: 0,
            through: Vec::new(),
        }
    }

    /// Begins the next call of an instance that lives longer than one.
    pub(crate) fn turn(&mut self, ask: &Ask) {
        self.ask = ask.clone();
        self.wasi.turn();
        self.overlay = Overlay::default();
        self.space = None;
    }

    /// Says which plugins' requests led to this call, so that none goes in circles.
    pub(crate) fn came_through(&mut self, plugins: Vec<String>) {
        self.through = plugins;
    }

    /// Time until the call must be done.
    fn left(&self) -> Duration {
        self.ask.deadline.saturating_duration_since(Instant::now())
    }

    /// A value as plans may show it: what looks like a secret is a mark, and what was opened its name.
    fn shown(&self, value: &Value) -> Value {
        let mut value = value.clone();
        veil::redact(&mut value);
        match serde_json::from_str(&self.mask.over(&value.to_string())) {
            Ok(masked) => masked,
            // A secret that stood across JSON's own marks; nothing of it is shown then.
            Err(_) => Value::Null,
        }
    }
}

/// Gives a linker all interfaces of the contract, and none of WASI's.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Everything::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl types::Host for State {}

#[cfg(test)]
mod tests;
