//! An engine and guests for the tests.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use overgrow_handler::Effects;
use overgrow_plugins::grant::Limits;
use overgrow_plugins::wit::tool::{Content, Invocation};
use overgrow_plugins::{Ask, CallError, Engine, EngineConfig, Grant, Hands, Plugin};

/// Few threads, so that guests have to share them. A debug build's compiler takes seconds, so all tests share a cache.
pub(crate) fn engine() -> Engine {
    engine_for(100)
}

/// The same, with room for so many instances.
pub(crate) fn engine_for(instances: u32) -> Engine {
    engine_of(EngineConfig {
        threads: 2,
        instances,
        cache: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
    })
}

pub(crate) fn engine_of(config: EngineConfig) -> Engine {
    Engine::new(config).expect("an engine")
}

/// A component that `cargo xtask plugins` built.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("target/plugins").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run `cargo xtask plugins` first",
            path.display()
        )
    })
}

pub(crate) async fn hostile(engine: &Engine, limits: Limits) -> Plugin {
    let grant = Grant {
        limits,
        ..Grant::default()
    };
    load(engine, "hostile", component("hostile"), grant).await
}

pub(crate) async fn load(engine: &Engine, name: &str, bytes: Vec<u8>, grant: Grant) -> Plugin {
    let loaded = Plugin::load(engine, name, bytes, grant, Hands::default()).await;
    loaded.unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn ask(id: &str) -> Ask {
    Ask {
        id: id.to_owned(),
        attempt: 1,
        deadline: Instant::now() + Duration::from_secs(60),
        account: None,
        effects: Effects::performing(),
    }
}

pub(crate) fn within(time: Duration) -> Limits {
    Limits {
        deadline: time,
        ..Limits::default()
    }
}

/// Has the hostile plugin do something, and gives its text.
pub(crate) async fn misdeed(
    plugin: &Plugin,
    name: &str,
    arguments: &str,
) -> Result<String, CallError> {
    let invocation = Invocation {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        agent: None,
        session: None,
        channel: None,
    };
    let output = plugin.invoke(&ask(name), invocation).await?;
    match output.content.into_iter().next() {
        Some(Content::Text(text)) => Ok(text),
        other => panic!("{other:?}"),
    }
}
