//! The WASI context of one instance, made when it is first asked for.

use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::State;
use crate::wasi::{self, Printed};

/// A context and what was printed through it; most plugins need neither.
#[derive(Default)]
pub(super) struct Closed(Option<(WasiCtx, Printed)>);

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, _) = self.wasi.0.get_or_insert_with(|| open(&self.who.name));
        WasiCtxView {
            ctx,
            table: &mut self.table,
        }
    }
}

impl State {
    /// The last line a guest of WASI's printed in this call; empty for others.
    pub(crate) fn printed(&self) -> String {
        let printed = self.wasi.0.as_ref();
        printed
            .map(|(_, printed)| printed.last())
            .unwrap_or_default()
    }
}

impl Closed {
    /// Begins the next call.
    pub(super) fn turn(&mut self) {
        if let Some((_, printed)) = &self.0 {
            printed.turn();
        }
    }
}

fn open(plugin: &str) -> (WasiCtx, Printed) {
    let printed = Printed::new(plugin);
    (wasi::closed(&printed), printed)
}
