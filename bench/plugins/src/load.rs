//! What loading costs: cold, from the cache, and a thousand times.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use overgrow_plugins::{Engine, Made, Plugin};

use crate::memory::{kib, resident};
use crate::{guest, row};

pub(crate) async fn measure() -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("compiled");
    let bytes = guest::component("template")?;
    for (what, made) in [
        ("a load that compiles", Made::Compiled),
        ("a load from the cache", Made::Cached),
    ] {
        // An engine of its own, as after a restart.
        let engine = guest::engine(Some(&folder))?;
        let began = Instant::now();
        let plugin = guest::load(&engine, "template", bytes.clone()).await?;
        row(what, millis(began.elapsed()));
        ensure!(plugin.made() == made, "{what}: it was {:?}", plugin.made());
    }
    Ok(())
}

/// So many plugins, each with code of its own, from the cache.
pub(crate) async fn many(count: usize) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("compiled");
    let bytes = guest::component("template")?;
    all(&folder, &bytes, count).await?;
    let before = resident()?;
    let began = Instant::now();
    let (engine, plugins) = all(&folder, &bytes, count).await?;
    row(
        &format!("{count} plugins from the cache"),
        millis(began.elapsed()),
    );
    let each = resident()?.saturating_sub(before) / count.max(1) as u64;
    row("memory of each of them, loaded", kib(each));
    let began = Instant::now();
    for plugin in &plugins {
        guest::hello(plugin).await?;
    }
    row("a call of each of them", millis(began.elapsed()));
    drop(engine);
    Ok(())
}

async fn all(folder: &Path, bytes: &[u8], count: usize) -> Result<(Engine, Vec<Plugin>)> {
    let engine = guest::engine(Some(folder))?;
    let mut plugins = Vec::new();
    for number in 0..count {
        plugins.push(guest::load(&engine, "template", marked(bytes, number)).await?);
    }
    Ok((engine, plugins))
}

/// The same component with a section that says nothing but the number, so that its bytes are others.
fn marked(bytes: &[u8], number: usize) -> Vec<u8> {
    let section = [0, 10, 1, b'n'];
    [bytes, &section, &number.to_be_bytes()].concat()
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
