//! Hosts plugins: WASM components that can do what they were granted and nothing else.
//!
//! The only crate that names Wasmtime. It knows neither routes nor the proxy. The surprise: an instance lives for one
//! call (a service's for its life), so that no state leaks from one call into another.

mod bindings;
mod call;
mod engine;
pub mod grant;
mod host {
    pub struct Secret;
    pub struct Response;
    pub struct Blob;
    pub struct Child;
}

pub use call::{Ask, CallError, Retry};
pub use engine::{Engine, EngineConfig, EngineError};
pub use grant::Grant;
