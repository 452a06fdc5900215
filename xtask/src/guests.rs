//! Which packages of the workspace are guests.
//!
//! A guest is a package below plugins/ or tests/guests/ that makes a cdylib; the kit that guests are written with makes
//! none. Its name, by which routes.toml and the files in target/plugins call it, is the package's without a prefix
//! `overgrow-plugin-`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// What of `cargo metadata` is of use here.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

/// A package that becomes a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    /// What cargo calls it.
    pub(crate) package: String,
    /// What everybody else calls it.
    pub(crate) name: String,
    /// The file that cargo leaves, without its folder.
    pub(crate) module: String,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn read() -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .context("cargo metadata")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo metadata: {complaint}");
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The guests named, or all of them; an unknown name is an error that lists those there are.
    pub(crate) fn guests(&self, names: &[String]) -> Result<Vec<Guest>> {
        let all: Vec<_> = self.packages.iter().filter_map(|p| self.guest(p)).collect();
        for name in names {
            if !all.iter().any(|guest| guest.name == *name) {
                let known: Vec<_> = all.iter().map(|guest| &*guest.name).collect();
                bail!(
                    "no guest is called {name:?}: there are {}",
                    known.join(", ")
                );
            }
        }
        let wanted = |guest: &Guest| names.is_empty() || names.contains(&guest.name);
        Ok(all.into_iter().filter(wanted).collect())
    }

    fn guest(&self, package: &Package) -> Option<Guest> {
        let below = |folder: &str| {
            package
                .manifest_path
                .starts_with(self.root.join(Path::new(folder)))
        };
        let target = package.targets.iter().find(|target| target.is_cdylib())?;
        (below("plugins") || below("tests/guests")).then(|| Guest {
            package: package.name.clone(),
            name: short(&package.name).to_owned(),
            module: format!("{}.wasm", target.name.replace('-', "_")),
        })
    }
}

impl Target {
    fn is_cdylib(&self) -> bool {
        self.crate_types.iter().any(|kind| kind == "cdylib")
    }
}

fn short(package: &str) -> &str {
    package.strip_prefix("overgrow-plugin-").unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        let text = r#"{"workspace_root": "/w", "packages": [
            {"name": "overgrow-plugin-voice-call", "manifest_path": "/w/plugins/voice-call/Cargo.toml",
             "targets": [{"name": "overgrow-plugin-voice-call", "crate_types": ["cdylib", "rlib"]}]},
            {"name": "probe", "manifest_path": "/w/tests/guests/probe/Cargo.toml",
             "targets": [{"name": "probe", "crate_types": ["cdylib"]}]},
            {"name": "overgrow-sdk", "manifest_path": "/w/plugins/sdk/Cargo.toml",
             "targets": [{"name": "overgrow_sdk", "crate_types": ["lib"]}]},
            {"name": "elsewhere", "manifest_path": "/w/bench/Cargo.toml",
             "targets": [{"name": "elsewhere", "crate_types": ["cdylib"]}]}]}"#;
        serde_json::from_str(text).expect("metadata")
    }

    #[test]
    fn guests_are_cdylibs_in_their_folders_by_their_short_names() {
        let guests = workspace().guests(&[]).expect("guests");
        let names: Vec<_> = guests.iter().map(|guest| &*guest.name).collect();
        assert_eq!(names, ["voice-call", "probe"]);
        assert_eq!(guests[0].module, "overgrow_plugin_voice_call.wasm");
    }

    #[test]
    fn a_name_chooses_and_an_unknown_one_is_told_the_known() {
        let one = workspace().guests(&["probe".into()]).expect("a guest");
        assert_eq!(one.len(), 1);
        let unknown = workspace()
            .guests(&["prob".into()])
            .expect_err("no such guest");
        assert!(
            unknown.to_string().contains("voice-call, probe"),
            "{unknown}"
        );
    }
}
