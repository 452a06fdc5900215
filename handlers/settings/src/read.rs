//! Reads the settings: files, variables, then the keys that are known.
//!
//! It must not know how long they hold. The surprise: what a reading touched is told even when it failed, so that the
//! repair of an included file is noticed too.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::include::{Files, normal};
use crate::key::{Faults, Key};
use crate::substitute::substitute;
use crate::{Document, Environment, Gateway, Hooks, Settings, SettingsError};

/// The result of a reading, and the files it asked for.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) settings: Result<Settings, SettingsError>,
    /// The main file first; those that are missing too.
    pub(crate) files: Vec<PathBuf>,
}

impl Settings {
    /// Reads the configuration at `path` as the legacy would in that environment. It blocks on files.
    ///
    /// # Errors
    /// When a file cannot be read or is not JSON5, an `$include` cannot be followed, a variable is missing, or a known
    /// key holds what it cannot hold. No error carries a value of the file.
    pub fn read(path: &Path, environment: &Environment) -> Result<Self, SettingsError> {
        Reading::of(path, environment).settings
    }
}

impl Reading {
    /// Reads the file and all it includes.
    pub(crate) fn of(path: &Path, environment: &Environment) -> Self {
        let mut files = Files::default();
        let tree = files.read(path);
        Self {
            settings: tree.and_then(|tree| settings(tree, path, environment)),
            files: files.into_paths(),
        }
    }
}

fn settings(tree: Value, path: &Path, process: &Environment) -> Result<Settings, SettingsError> {
    let environment = process.clone().with_config(tree.get("env"));
    let tree = substitute(tree, &environment)?;
    let faults = Faults::default();
    let root = Key::root(&tree, &faults);
    check_env(&root.at("env"));
    let path = normal(path);
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    let settings = Settings {
        state: state(process),
        gateway: Gateway::of(&root.at("gateway"), &environment),
        hooks: Hooks::of(&root.at("hooks"), &folder, &environment),
        folder,
        document: Document::default(),
    };
    match faults.into_lines() {
        lines if lines.is_empty() => Ok(Settings {
            document: tree.into(),
            ..settings
        }),
        lines => Err(SettingsError::Values(lines)),
    }
}

/// The variables were taken before the others were put in; here only their types are looked at.
fn check_env(env: &Key<'_>) {
    env.at("shellEnv").at("enabled").flag();
    let own = env.members().into_iter().chain(env.at("vars").members());
    for (_, key) in own.filter(|(name, _)| !["shellEnv", "vars"].contains(name)) {
        key.text();
    }
}

/// Where the legacy keeps its state. The file cannot move it: the legacy looks before it reads the file.
fn state(environment: &Environment) -> PathBuf {
    let here = Path::new("");
    if let Some(told) = environment.first_filled(&STATE) {
        return environment.path(here, told);
    }
    let home = environment.home();
    let now = home.join(FOLDERS[0]);
    let known = FOLDERS.iter().map(|name| home.join(name));
    known
        .into_iter()
        .find(|folder| folder.exists())
        .unwrap_or(now)
}

const STATE: [&str; 2] = ["OPENCLAW_STATE_DIR", "CLAWDBOT_STATE_DIR"];

/// The folder of today, then those of earlier names, which are used while there is no other.
const FOLDERS: [&str; 4] = [".openclaw", ".clawdbot", ".moltbot", ".moldbot"];

#[cfg(test)]
mod tests;
