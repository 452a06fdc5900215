//! What a plugin costs: a call, an instance, a load, a thousand of them.
//!
//! usage: `cargo xtask plugins && cargo run --release -p overgrow-bench-plugins -- [CALLS [PLUGINS]]`, 20,000 and 1,000
//! unless said.

mod call;
mod guest;
mod load;
mod memory;

use anyhow::Result;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Guests' threads: one, so that a rate is a core's.
const THREADS: usize = 1;

fn main() -> Result<()> {
    let calls = number(1, 20_000)?;
    let plugins = number(2, 1_000)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        println!("| | |");
        println!("|---|--:|");
        call::measure(calls).await?;
        memory::instances().await?;
        load::measure().await?;
        load::many(plugins).await
    })
}

fn number(place: usize, usual: usize) -> Result<usize> {
    let said = std::env::args().nth(place);
    said.map_or(Ok(usual), |said| Ok(said.parse()?))
}

fn row(what: &str, value: impl std::fmt::Display) {
    println!("| {what} | {value} |");
}
