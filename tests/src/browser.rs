//! A headless Chromium that opens the gateway's control UI.
//!
//! It must not know what the page shows; the script says whether its WebSocket was greeted.
//! The surprise: the browser is the system's own (`CHROMIUM`, else `/usr/bin/chromium`), only its driver comes from the cache.

use crate::kit;
use crate::process::Process;
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Chromium's first start on a busy machine was seen to take 20 s.
const PATIENCE: Duration = Duration::from_secs(90);

/// Opens the control UI at `url`, waits until its WebSocket has received `hello-ok` and writes a screenshot to `picture`.
/// Fails with what the script printed.
pub async fn control_ui(url: &str, picture: &Path) -> Result<()> {
    let folder = kit::prepare("browser", "browser")?;
    let process = Process::spawn(
        Command::new("node")
            .arg("control-ui.mjs")
            .arg(url)
            .arg(picture)
            .current_dir(folder.path()),
    )?;
    let status = process.ended(PATIENCE).await?;
    ensure!(
        status.success(),
        "the control UI at {url}: {status}\n{}",
        process.output()
    );
    Ok(())
}
