//! The legacy's media routes, in a Node process of their own.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::state::State;

/// The running routes; ended on drop.
pub(crate) struct Legacy {
    pub(crate) address: SocketAddr,
    pub(crate) state: State,
    _process: Child,
}

impl Legacy {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let state = State::new()?;
        let mut process = Command::new("node")
            .arg(
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/legacy/openclaw/media.mjs"),
            )
            .current_dir(installed()?)
            .env("OPENCLAW_STATE_DIR", state.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or("no output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let ready: serde_json::Value =
            serde_json::from_str(&line.ok_or("the legacy did not start")?)?;
        let port = u16::try_from(ready["port"].as_u64().ok_or("no port")?)?;
        Ok(Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            state,
            _process: process,
        })
    }
}

/// Where `make setup` installs the legacy.
fn installed() -> Result<PathBuf, String> {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = var("OVERGROW_TEST_CACHE").unwrap_or_else(|| {
        let base = var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")));
        base.unwrap_or_else(std::env::temp_dir).join("overgrow")
    });
    let folder = cache.join("openclaw");
    match folder.join(".installed").exists() {
        true => Ok(folder),
        false => Err(format!("{} is missing: run `make setup`", folder.display())),
    }
}
