//! The real gateway's voice-call plugin alone, in a process and with a folder of its own.
//!
//! It must not know what is asked of it. The surprise: it listens at two ports, one for webhooks, which it is told, and one for its
//! tool, which it tells.

use super::{NodeServer, free_port};
use crate::kit;
use crate::process::Process;
use crate::{ask, legacy::port_of};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Two seconds are usual, most of them for transpiling; the rest is for a machine that compiles at the same time.
const START: Duration = Duration::from_secs(60);

/// The running plugin; ended on drop.
pub struct VoiceCall {
    server: NodeServer,
    webhooks: SocketAddr,
    _folder: TempDir,
}

impl VoiceCall {
    /// Starts it with a configuration; whatever it asks of a provider goes to `api`.
    pub async fn start(mut config: Value, api: SocketAddr) -> Result<Self> {
        let folder = kit::prepare("openclaw", "legacy/openclaw")?;
        let webhooks = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        config["serve"] = json!({"port": webhooks.port()});
        let process = Process::spawn(
            Command::new("node")
                .arg("voice-call.mjs")
                .current_dir(folder.path())
                .env("VOICE_CALL", config.to_string())
                .env("VOICE_API", format!("http://{api}")),
        )?;
        let port = process.line(START, port_of).await?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        Ok(Self {
            server: NodeServer { process, address },
            webhooks,
            _folder: folder,
        })
    }

    /// Where its webhooks arrive.
    pub fn webhooks(&self) -> SocketAddr {
        self.webhooks
    }

    /// What its tool answers.
    pub async fn invoke(&self, arguments: &Value) -> Result<Value> {
        let request = ask::post("/", arguments.to_string());
        let answer = request.send(self.server.address).await?;
        serde_json::from_slice(&answer.body).context("the tool answers JSON")
    }

    /// Its process.
    pub fn process(&self) -> &Process {
        &self.server.process
    }
}
