//! WASI with nothing behind it, for guests whose standard library asks for it.
//!
//! No files, no environment, no arguments, no names, no sockets, an input that has ended. The clock and random bytes are
//! there, as they are for every plugin. The surprise: what is printed becomes lines of the plugin's log, and the last
//! line is kept, because in an ordinary guest it says why it trapped.

mod output;

use wasmtime_wasi::WasiCtx;

pub(crate) use output::Printed;
use output::{Output, Stream};

/// Random bytes that a guest may ask for at once: hash maps want 16, keys 32.
const RANDOM: u64 = 64 * 1024;

/// A context that prints to `printed` and has nothing else.
pub(crate) fn closed(printed: &Printed) -> WasiCtx {
    WasiCtx::builder()
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(RANDOM)
        .stdout(Output::new(Stream::Out, printed))
        .stderr(Output::new(Stream::Error, printed))
        .build()
}
