//! Engines and the guests that are measured.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use overgrow_handler::Effects;
use overgrow_plugins::grant::Limits;
use overgrow_plugins::wit::tool::Invocation;
use overgrow_plugins::{Ask, Engine, EngineConfig, Grant, Hands, Plugin};

use crate::THREADS;

/// Room enough for a thousand plugins' services.
const INSTANCES: u32 = 1000;

pub(crate) fn engine(cache: Option<&Path>) -> Result<Engine> {
    Ok(Engine::new(EngineConfig {
        threads: THREADS,
        instances: INSTANCES,
        cache: cache.map(Path::to_owned),
    })?)
}

/// A component that `cargo xtask plugins` built.
pub(crate) fn component(name: &str) -> Result<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    let path = folder.join(format!("{name}.wasm"));
    std::fs::read(&path)
        .with_context(|| format!("{}: run `cargo xtask plugins` first", path.display()))
}

pub(crate) async fn load(engine: &Engine, name: &str, bytes: Vec<u8>) -> Result<Plugin> {
    let limits = Limits {
        concurrency: INSTANCES as usize,
        ..Limits::default()
    };
    let grant = Grant {
        limits,
        ..Grant::default()
    };
    Ok(Plugin::load(engine, name, bytes, grant, Hands::default()).await?)
}

pub(crate) fn ask() -> Ask {
    Ask {
        id: "bench".to_owned(),
        attempt: 1,
        deadline: Instant::now() + Duration::from_secs(10),
        account: None,
        effects: Effects::performing(),
    }
}

/// JSON in, one host call (a line of the log), a text out.
pub(crate) async fn hello(plugin: &Plugin) -> Result<()> {
    let invocation = Invocation {
        name: "hello".to_owned(),
        arguments: r#"{"name":"you"}"#.to_owned(),
        agent: None,
        session: None,
        channel: None,
    };
    plugin.invoke(&ask(), invocation).await?;
    Ok(())
}
