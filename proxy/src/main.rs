//! The binary: an allocator and the command line.

use std::process::ExitCode;

// Measured: small answers are a tenth cheaper with it than with the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    overgrow::command::main()
}
