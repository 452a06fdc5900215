//! A headless Chromium that opens a page, driven by a script of `tests/browser`.
//!
//! It must not know what a page shows; a script says whether it is as it must be. The surprise: the browser is the system's
//! own (`CHROMIUM`, else `/usr/bin/chromium`), only its driver comes from the cache.

use crate::kit;
use crate::process::Process;
use anyhow::{Result, ensure};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Chromium's first start on a busy machine was seen to take 20 s.
const PATIENCE: Duration = Duration::from_secs(90);

/// A visit to a page: a running script.
pub struct Visit {
    process: Process,
    script: &'static str,
    /// What the script imports lies beside it until it has ended.
    _folder: TempDir,
}

/// Opens the control UI at `url`, waits until its WebSocket has received `hello-ok` and writes a screenshot to `picture`.
/// Fails with what the script printed.
pub async fn control_ui(url: &str, picture: &Path) -> Result<()> {
    let arguments = [OsStr::new(url), picture.as_os_str()];
    Visit::begin("control-ui.mjs", arguments)?.ended().await
}

impl Visit {
    /// Starts a script of `tests/browser`.
    pub fn begin(
        script: &'static str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self> {
        let folder = kit::prepare("browser", "browser")?;
        let process = Process::spawn(
            Command::new("node")
                .arg(script)
                .args(arguments)
                .current_dir(folder.path()),
        )?;
        Ok(Self {
            process,
            script,
            _folder: folder,
        })
    }

    /// Waits until the script has printed that line.
    pub async fn says(&self, wanted: &str) -> Result<()> {
        let is_it = |line: &str| (line == wanted).then_some(());
        self.process.line(PATIENCE, is_it).await
    }

    /// Waits for the script's end. Fails with what it printed unless it was content.
    pub async fn ended(self) -> Result<()> {
        let status = self.process.ended(PATIENCE).await?;
        ensure!(
            status.success(),
            "{}: {status}\n{}",
            self.script,
            self.process.output()
        );
        Ok(())
    }
}
