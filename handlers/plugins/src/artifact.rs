//! From the bytes of a file to a component that can be instantiated.
//!
//! It knows no grants and runs no guest. The surprise: compiling takes tens of milliseconds and is done on a thread
//! that may block; the result is kept beside an authenticator, because loading compiled code means trusting it.

mod cache;
mod kind;
mod seal;
mod trust;

use std::sync::Arc;

use tracing::{debug, warn};
use wasmtime::component::Component;

pub(crate) use cache::Cache;
pub use trust::{SignatureError, Signatures, Trust};

use crate::engine::Engine;

/// Largest file that is read as a plugin, in bytes. A JavaScript engine with its program is 12 MB, Python 18.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Why bytes are no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// It does not begin as WebAssembly does.
    #[error("this is not WebAssembly")]
    Foreign,
    /// A core module, which has no interface that a host could speak.
    #[error(
        "this is a core module; build a component: `cargo build --target wasm32-wasip2`, or run `wasm-tools component \
         new` over it"
    )]
    Module,
    /// Text where the binary form is expected.
    #[error("this is WebAssembly text; `wasm-tools parse` makes the binary of it")]
    Text,
    /// Over [`LARGEST`].
    #[error("the file is {0} bytes, more than {LARGEST}")]
    Large(usize),
    /// The compiler refused it.
    #[error("it does not compile: {0}")]
    Invalid(String),
    /// The compiler's thread is gone.
    #[error("the compiler gave up: {0}")]
    Lost(String),
}

/// Whether a component came from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was compiled now.
    Compiled,
    /// Compiled code of the same bytes was there.
    Cached,
}

/// Compiles, or loads what was compiled before. Dropping the future lets the compiler finish for the cache's sake.
///
/// # Errors
/// As [`ArtifactError`] says. A cache that cannot be read or written is no error, only slower.
pub(crate) async fn component(
    engine: &Engine,
    bytes: Arc<[u8]>,
) -> Result<(Component, Made), ArtifactError> {
    kind::check(&bytes)?;
    let engine = engine.clone();
    tokio::task::spawn_blocking(move || make(&engine, &bytes))
        .await
        .map_err(|end| ArtifactError::Lost(end.to_string()))?
}

fn make(engine: &Engine, bytes: &[u8]) -> Result<(Component, Made), ArtifactError> {
    let Some(cache) = engine.cache() else {
        return Ok((compile(engine, bytes)?, Made::Compiled));
    };
    if let Some(component) = cache.get(engine.wasmtime(), bytes) {
        return Ok((component, Made::Cached));
    }
    let component = compile(engine, bytes)?;
    keep(cache, bytes, &component);
    Ok((component, Made::Compiled))
}

fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, ArtifactError> {
    Component::from_binary(engine.wasmtime(), bytes)
        .map_err(|error| ArtifactError::Invalid(format!("{error:#}")))
}

fn keep(cache: &Cache, bytes: &[u8], component: &Component) {
    match component.serialize() {
        Ok(code) => match cache.put(bytes, &code) {
            Ok(()) => debug!(bytes = code.len(), "kept a compiled plugin"),
            Err(error) => warn!(%error, "cannot keep a compiled plugin"),
        },
        Err(error) => warn!("cannot write a compiled plugin down: {error:#}"),
    }
}
