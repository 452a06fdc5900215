//! Types beside the legacy's own package, on generated files.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use overgrow_store::mime;

/// Enough that every kind comes many times; three seconds.
const FILES: usize = 40_000;

/// Of a hundred and fifty kinds that were seen.
const KINDS: usize = 140;

#[test]
fn types_are_told_as_the_legacy_tells_them() -> Result<(), Box<dyn Error>> {
    let (files, mut kinds) = (generated("1")?, BTreeSet::new());
    assert_eq!(files.lines().count(), FILES);
    for line in files.lines() {
        let (hex, expect) = line.split_once(' ').ok_or("no type")?;
        let bytes = decode(hex)?;
        let found = mime::detect(&bytes, mime::Hints::default());
        assert_eq!(found.as_deref().unwrap_or("-"), expect, "{hex}");
        kinds.insert(expect.to_owned());
    }
    assert!(kinds.len() > KINDS, "only {} kinds", kinds.len());
    Ok(())
}

fn generated(seed: &str) -> Result<String, Box<dyn Error>> {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/legacy/openclaw/media-types.mjs");
    let output = Command::new("node")
        .arg(script)
        .args([seed, &FILES.to_string()])
        .current_dir(installed()?)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Where `make setup` installs the legacy.
fn installed() -> Result<PathBuf, String> {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = var("OVERGROW_TEST_CACHE").unwrap_or_else(|| {
        let base = var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")));
        base.unwrap_or_else(std::env::temp_dir).join("overgrow")
    });
    let folder = cache.join("openclaw");
    match folder.join(".installed").exists() {
        true => Ok(folder),
        false => Err(format!("{} is missing: run `make setup`", folder.display())),
    }
}

fn decode(hex: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16))
        .collect()
}
