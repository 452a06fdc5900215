//! A plugin that misbehaves on request, for the tests of its host. It exports everything a plugin can.
//!
//! Its tools are ways to misbehave, by name; whatever else is asked of it is answered in the plainest way.

mod answers;
mod misdeeds;
mod service;
mod wasi;

overgrow_sdk::world!("everything", "../../../wit/0.1");

/// What all the traits are for.
struct Hostile;

#[cfg(target_family = "wasm")]
export!(Hostile);
