//! A WASI context with nothing behind it, for guests whose standard library asks for one.
//!
//! No files, arguments, environment, names or sockets; what is printed goes nowhere. Clock and random bytes work.

use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::State;

/// Random bytes that a guest may ask WASI for at once: hash maps want 16, keys 32.
const RANDOM: u64 = 64 * 1024;

/// The context, made when it is first asked for.
#[derive(Default)]
pub(super) struct Closed(Option<WasiCtx>);

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.0.get_or_insert_with(closed),
            table: &mut self.table,
        }
    }
}

fn closed() -> WasiCtx {
    WasiCtx::builder()
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(RANDOM)
        .build()
}
