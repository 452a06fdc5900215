//! A plugin that does what plugins do, in the simplest way, for the tests of what keeps them.
//!
//! Its settings say what it answers, so that a test sees which version it meets: `greeting`, `fault` (what is wrong with
//! them) and `path` (where it answers requests).

mod answers;
mod service;

use overgrow_sdk::config;
use serde::Deserialize;

overgrow_sdk::world!("everything", "../../../wit/0.1");

/// What all the traits are for.
struct Steady;

#[derive(Deserialize)]
struct Settings {
    #[serde(default = "hello")]
    greeting: String,
    #[serde(default)]
    fault: Option<String>,
    #[serde(default = "path")]
    path: String,
}

fn hello() -> String {
    "hello".to_owned()
}

fn path() -> String {
    "/steady".to_owned()
}

/// The settings that hold now.
fn settings() -> Settings {
    config::all().unwrap_or(Settings {
        greeting: hello(),
        fault: None,
        path: path(),
    })
}

#[cfg(target_family = "wasm")]
export!(Steady);
