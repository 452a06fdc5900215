//! What lies in `deploy/` and `.github/` is what those who read it expect: systemd, nginx, Kubernetes, Compose, GitHub, and
//! overgrow itself.
//!
//! Nothing here needs a network, a daemon or a cluster. The surprise: the schemas come with Python packages that `make setup`
//! installs (tests/deploy/requirements.txt).

mod documents;
mod mirror;
mod routes;
mod unit;

use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A path in the tree, from its root.
fn of_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A reader from the cache that `make setup` fills.
fn reader(name: &str) -> Command {
    Command::new(overgrow_tests::kit::cache().join("deploy/bin").join(name))
}

/// Runs it and gives what it printed; an exit code other than 0 is an error that shows it.
fn satisfied(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_owned();
    let ran = command.output();
    let output = ran.with_context(|| format!("{}: run `make setup`", name.display()))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    ensure!(output.status.success(), "{}:\n{text}", name.display());
    Ok(text)
}

/// The files below a folder of the tree whose names end so; none at all is an error, or a test would look at nothing.
fn files(folder: &str, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![of_tree(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .as_os_str()
                .as_encoded_bytes()
                .ends_with(ending.as_bytes())
            {
                found.push(path);
            }
        }
    }
    ensure!(!found.is_empty(), "no {ending} below {folder}");
    found.sort();
    Ok(found)
}

fn is_named(path: &Path, name: &str) -> bool {
    path.file_name() == Some(OsStr::new(name))
}
