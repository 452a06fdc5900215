//! Makes a component of a core module and puts it where the host and the tests look.
//!
//! The surprise: a component that has not changed is not written again, so that a host which watches the folder reloads
//! only what is new.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use bytesize::ByteSize;
use wit_component::ComponentEncoder;

use crate::guests::Guest;

/// Writes `target/plugins/NAME.wasm` and gives the line to print: name, size, what became of it.
pub(crate) fn write(root: &Path, guest: &Guest, module: &Path) -> Result<String> {
    let started = Instant::now();
    let component = encode(module).with_context(|| guest.name.clone())?;
    let word = match replace(&root.join("target/plugins"), &guest.name, &component)? {
        Replaced::Changed => "built",
        Replaced::Same => "unchanged",
    };
    Ok(format!(
        "{:<20} {:>10}  {:>4} ms  {word}",
        guest.name,
        ByteSize(component.len() as u64).to_string(),
        started.elapsed().as_millis(),
    ))
}

fn encode(module: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(module).with_context(|| module.display().to_string())?;
    ComponentEncoder::default()
        .validate(true)
        .module(&bytes)?
        .encode()
}

enum Replaced {
    Changed,
    Same,
}

/// By a rename, so that nobody reads half a component.
fn replace(folder: &Path, name: &str, component: &[u8]) -> Result<Replaced> {
    let file = folder.join(format!("{name}.wasm"));
    if std::fs::read(&file).is_ok_and(|there| there == component) {
        return Ok(Replaced::Same);
    }
    let fresh = folder.join(format!(".{name}.wasm.{}", std::process::id()));
    std::fs::create_dir_all(folder)?;
    std::fs::write(&fresh, component)?;
    std::fs::rename(&fresh, &file)?;
    Ok(Replaced::Changed)
}
