//! What a store holds for one request to a component: the plugin host's own state, and WASI's HTTP over it.

use std::sync::Arc;

use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::hooks::Outbound;
use crate::call::Ask;
use crate::host::State;
use crate::who::Who;

pub(super) struct Web {
    pub(super) state: State,
    http: WasiHttpCtx,
    outbound: Outbound,
}

impl Web {
    pub(super) fn new(who: Arc<Who>, ask: &Ask) -> Self {
        Self {
            outbound: Outbound::new(Arc::clone(&who), ask.clone()),
            state: State::new(who, ask),
            http: WasiHttpCtx::new(),
        }
    }
}

impl Web {
    /// Names the plugins that the request came through, so that none calls itself in circles.
    pub(super) fn came_through(&mut self, plugins: Vec<String>) {
        self.outbound.came_through(plugins);
    }
}

impl WasiView for Web {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.state.ctx()
    }
}

impl WasiHttpView for Web {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: self.state.ctx().table,
            hooks: &mut self.outbound,
        }
    }
}
