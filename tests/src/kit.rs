//! A folder to run a Node program in: its files copied from the tree, its `node_modules` linked from the cache.
//!
//! It must not install anything; a missing or outdated install is an error that names the command to run.
//! The surprise: the copy is what lets Node find the linked modules, since it resolves imports from a file's real place.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder that `make setup` installs into.
pub fn cache() -> PathBuf {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    var("OVERGROW_TEST_CACHE").unwrap_or_else(|| {
        let base = var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")));
        base.unwrap_or_else(std::env::temp_dir).join("overgrow")
    })
}

/// A file or folder of this crate's source tree, such as `golden/openclaw-http.jsonl`.
pub fn tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Copies the program at `source` (below `tests/`) into a fresh folder that has the modules installed as `name`.
/// The folder is removed on drop. Fails when the install is missing or is not the one the lock file asks for.
pub fn prepare(name: &str, source: &str) -> Result<TempDir> {
    let (source, installed) = (tree(source), cache().join(name));
    ensure_installed(&source, &installed)?;
    let folder = tempfile::Builder::new()
        .prefix("overgrow-test-")
        .tempdir()?;
    copy(&source, folder.path())?;
    let modules = installed.join("node_modules");
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules"))?;
    Ok(folder)
}

fn ensure_installed(source: &Path, installed: &Path) -> Result<()> {
    let lock = |folder: &Path| std::fs::read(folder.join("package-lock.json")).ok();
    ensure!(
        installed.join(".installed").exists() && lock(source) == lock(installed),
        "{} is missing or outdated: run `make setup`",
        installed.display()
    );
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true if entry.file_name() == "node_modules" => {}
            true => copy(&entry.path(), &target)?,
            false => drop(std::fs::copy(entry.path(), &target)?),
        }
    }
    Ok(())
}
