//! The real gateway's media routes, which are Express, in a process and with a state folder of their own.
//!
//! It must not know what is asked of them. The surprise: they end with their standard input, which children have none of here, so
//! that a pipe which stays silent stands in its place.

use super::port_of;
use crate::admin::until;
use crate::kit;
use crate::process::Process;
use anyhow::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Half a second is usual; the rest is for a machine that compiles at the same time.
const START: Duration = Duration::from_secs(30);

/// The running routes; ended on drop.
pub struct Media {
    _process: Process,
    address: SocketAddr,
    folder: TempDir,
}

impl Media {
    /// Starts them over an empty folder of media.
    pub async fn start() -> Result<Self> {
        let folder = kit::prepare("openclaw", "legacy/openclaw")?;
        std::fs::create_dir_all(folder.path().join("state/media"))?;
        let process = Process::spawn(
            Command::new("sh")
                .args(["-c", "tail -f /dev/null | exec node media.mjs"])
                .current_dir(folder.path())
                .env("OPENCLAW_STATE_DIR", folder.path().join("state")),
        )?;
        let port = process.line(START, port_of).await?;
        Ok(Self {
            _process: process,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            folder,
        })
    }

    /// Where they listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder that holds the media.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("state/media")
    }

    /// Waits until a file is gone: they remove one some time after they have answered with it.
    pub async fn used_up(&self, name: &str) -> Result<()> {
        let file = self.folder().join(name);
        until("the file to be removed", async || {
            Ok((!file.try_exists()?).then_some(()))
        })
        .await
    }
}
