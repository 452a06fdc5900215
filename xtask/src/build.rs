//! Builds guests to core modules, all in one invocation of cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::guests::Guest;
use crate::toolchain::{TARGET, Toolchain};

/// What to spend time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speed {
    /// Small and fast guests.
    Release,
    /// A short build.
    Quick,
}

impl Speed {
    /// The profile of the root's Cargo.toml, which is also the name of its folder.
    fn profile(self) -> &'static str {
        match self {
            Self::Release => "guest",
            Self::Quick => "guest-quick",
        }
    }
}

/// Builds them; the modules' paths are in the guests' order.
pub(crate) fn build(
    root: &Path,
    guests: &[Guest],
    toolchain: &Toolchain,
    speed: Speed,
) -> Result<Vec<PathBuf>> {
    let status = cargo(root, guests, toolchain, speed)
        .status()
        .context("cargo build")?;
    ensure!(status.success(), "the guests do not build");
    let folder = toolchain.target_folder.join(TARGET).join(speed.profile());
    Ok(guests
        .iter()
        .map(|guest| folder.join(&guest.module))
        .collect())
}

fn cargo(root: &Path, guests: &[Guest], toolchain: &Toolchain, speed: Speed) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo
        .current_dir(root)
        .args(["build", "--quiet", "--lib"])
        .args(["--target", TARGET, "--profile", speed.profile()])
        .arg("--target-dir")
        .arg(&toolchain.target_folder);
    for guest in guests {
        cargo.args(["--package", &guest.package]);
    }
    if let Some(rustc) = &toolchain.rustc {
        cargo.env("RUSTC", rustc);
    }
    // Flags for the host's own processor mean nothing to a guest.
    cargo.env_remove("RUSTFLAGS");
    cargo
}
