//! The real OpenClaw gateway with a mock model behind it, in a home of its own.
//!
//! It must not know what is asked of it. The surprise: it transpiles its plugins at the first start on a machine, which takes half
//! a minute; the result lies in its temporary folder, so that one folder is shared through the cache and everything else is not.

use super::{NodeServer, free_port};
use crate::process::Process;
use crate::{kit, raw};
use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// 27 s were measured for a cold start on two idle cores, 2.6 s warm.
const COLD_START: Duration = Duration::from_secs(180);

/// A process that is killed is gone at once; the rest is for a busy machine.
const CRASH: Duration = Duration::from_secs(10);

/// The port that the kit's openclaw.json names for the mock model.
const MODEL_PORT: &str = "18999";

/// A running gateway; ended on drop, with its model and its state.
pub struct OpenClaw {
    process: Process,
    address: SocketAddr,
    _model: NodeServer,
    folder: TempDir,
}

impl OpenClaw {
    /// The gateway's token.
    pub const TOKEN: &str = "legacy-gateway-token";

    /// The token of its hooks.
    pub const HOOK_TOKEN: &str = "legacy-hook-token";

    /// Starts the model and the gateway; returns when `GET /` answers 200.
    pub async fn start() -> Result<Self> {
        let folder = kit::prepare("openclaw", "legacy/openclaw")?;
        share_temporary_folder(folder.path())?;
        let model = NodeServer::start(folder.path(), "mock-model.mjs", &["0"]).await?;
        name_model(folder.path(), model.address.port())?;
        let port = free_port()?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let process = spawn(folder.path(), port)?;
        let gateway = Self {
            process,
            address,
            _model: model,
            folder,
        };
        gateway.ready().await?;
        Ok(gateway)
    }

    /// Ends it as a crash does, without a word to anybody. Returns when it is gone.
    pub async fn crash(&self) -> Result<()> {
        self.process.signal(Signal::SIGKILL)?;
        self.process.ended(CRASH).await.map(drop)
    }

    /// Starts it once more after a [`crash`](Self::crash), on the same port and state; returns when `GET /` answers 200.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = spawn(self.folder.path(), self.address.port())?;
        self.ready().await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder that holds its home, state and configuration; paths below it show up in its answers.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process, to signal or measure it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    async fn ready(&self) -> Result<()> {
        let listening = format!("listening on ws://{}", self.address);
        self.process
            .line(COLD_START, |line| line.contains(&listening).then_some(()))
            .await?;
        let outcome =
            raw::exchange(self.address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
        ensure!(
            matches!(&outcome, raw::Outcome::Answer(answer) if answer.status() == 200),
            "GET / of a fresh gateway: {outcome:?}"
        );
        Ok(())
    }
}

fn spawn(folder: &Path, port: u16) -> Result<Process> {
    Process::spawn(
        Command::new("./start.sh")
            .arg(folder)
            .arg(port.to_string())
            .current_dir(folder),
    )
}

fn share_temporary_folder(folder: &Path) -> Result<()> {
    let shared = kit::cache().join("openclaw/tmp");
    std::fs::create_dir_all(&shared)?;
    Ok(std::os::unix::fs::symlink(shared, folder.join("tmp"))?)
}

fn name_model(folder: &Path, port: u16) -> Result<()> {
    let config = folder.join("openclaw.json");
    let text = std::fs::read_to_string(&config)?;
    ensure!(
        text.contains(MODEL_PORT),
        "openclaw.json no longer names the mock model's port {MODEL_PORT}"
    );
    std::fs::write(&config, text.replace(MODEL_PORT, &port.to_string())).context("openclaw.json")
}
