//! The compiler that has the guests' target.
//!
//! The active one when it has it, which costs one question; anything else is `wasm-target.sh`'s business: it asks rustup,
//! and else unpacks a distribution's compiler. The surprise: what such a compiler makes goes into a target folder of its
//! own, since two compilers that share one rebuild each other's work.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A target without any imports of its own: what such a module asks of its host is in the contract, and nothing else.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What to build guests with.
pub(crate) struct Toolchain {
    /// The compiler, when it is not the active one.
    pub(crate) rustc: Option<PathBuf>,
    /// Where cargo puts what it builds.
    pub(crate) target_folder: PathBuf,
}

/// Finds it, and fetches what is missing.
pub(crate) fn find(root: &Path) -> Result<Toolchain> {
    let rustc = match active_has_target() {
        true => None,
        false => ask_script(&root.join("xtask/wasm-target.sh"))?,
    };
    let folder = match rustc {
        None => "target/guests",
        Some(_) => "target/guests-packaged",
    };
    Ok(Toolchain {
        rustc,
        target_folder: root.join(folder),
    })
}

fn active_has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::null())
        .output();
    let Ok(output) = asked else { return false };
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success() && has_std(Path::new(&folder))
}

fn has_std(folder: &Path) -> bool {
    let Ok(files) = folder.read_dir() else {
        return false;
    };
    files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

/// The script prints the compiler to use, or nothing when the active one has the target by now.
fn ask_script(script: &Path) -> Result<Option<PathBuf>> {
    let output = Command::new(script)
        .arg("rustc")
        .env("OVERGROW_WASM_TARGET", TARGET)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| script.display().to_string())?;
    ensure!(
        output.status.success(),
        "no compiler for {TARGET}; the lines above say why"
    );
    let path = String::from_utf8(output.stdout)?;
    Ok(Some(path.trim())
        .filter(|path| !path.is_empty())
        .map(PathBuf::from))
}
