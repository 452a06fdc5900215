//! The sidecar under test, as its users run it: the binary, a `routes.toml`, a ready line.
//!
//! It must not link against the sidecar. The surprise: the binary is looked for beside the test executable, so it has to be built
//! in the same profile before (`cargo build -p overgrow`); `make test` does.

use crate::process::Process;
use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A start takes milliseconds; the rest is for a machine that compiles at the same time.
const START: Duration = Duration::from_secs(15);

/// A running sidecar; ended on drop.
pub struct Sidecar {
    process: Process,
    listen: SocketAddr,
    admin: SocketAddr,
    folder: Arc<TempDir>,
}

/// A sidecar that has not said yet that it is ready, and perhaps never will.
pub struct Starting {
    process: Process,
    folder: Arc<TempDir>,
}

/// A `routes.toml` on free ports in front of `legacy`; `rest` are its routes and other tables.
pub fn routes_toml(legacy: SocketAddr, rest: &str) -> String {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"";
    format!("{server}\n\n[legacy]\nurl = \"http://{legacy}\"\n\n{rest}")
}

impl Sidecar {
    /// Writes `routes` to a fresh folder, runs `overgrow serve` on it and waits for the ready line.
    /// The text must ask for port 0 (`listen = "127.0.0.1:0"`, `admin = "127.0.0.1:0"`).
    pub async fn start(routes: &str) -> Result<Self> {
        Self::launch(routes)?.ready().await
    }

    /// As [`start`](Self::start), without waiting.
    pub fn launch(routes: &str) -> Result<Starting> {
        let folder = folder()?;
        std::fs::write(folder.path().join("routes.toml"), routes)?;
        Starting::spawn(Arc::new(folder), &[], &[])
    }

    /// As [`start`](Self::start), on a system that trusts the certificate in that file and no other.
    pub async fn start_trusting(certificate: &Path, routes: &str) -> Result<Self> {
        let folder = folder()?;
        std::fs::write(folder.path().join("routes.toml"), routes)?;
        let trusted = [("SSL_CERT_FILE", certificate)];
        Starting::spawn(Arc::new(folder), &[], &trusted)?
            .ready()
            .await
    }

    /// Runs `overgrow serve` on the `routes.toml` of a folder that the test has laid out itself.
    pub async fn start_in(folder: TempDir) -> Result<Self> {
        Starting::spawn(Arc::new(folder), &[], &[])?.ready().await
    }

    /// A sidecar that forwards everything to `legacy`.
    pub async fn in_front_of(legacy: SocketAddr) -> Result<Self> {
        Self::start(&routes_toml(legacy, "")).await
    }

    /// A second process in the same folder that waits for this one to hand its sockets over.
    pub fn successor(&self) -> Result<Starting> {
        Starting::spawn(Arc::clone(&self.folder), &["--upgrade"], &[])
    }

    /// A process in the same folder, for when this one has been killed.
    pub fn again(&self) -> Result<Starting> {
        Starting::spawn(Arc::clone(&self.folder), &[], &[])
    }

    /// The folder of its `routes.toml`, below which its data lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.listen
    }

    /// Where the admin API listens.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The path of its `routes.toml`.
    pub fn routes(&self) -> PathBuf {
        self.folder.path().join("routes.toml")
    }

    /// Replaces the content of `routes.toml` in place. Returns when it is written, not when it is loaded.
    pub fn edit(&self, routes: &str) -> Result<()> {
        std::fs::write(self.routes(), routes).context("routes.toml")
    }

    /// Its process, to signal or measure it and to see what it printed.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// SIGTERM, then its exit status.
    pub async fn stop(self) -> Result<ExitStatus> {
        self.process.stop().await
    }
}

/// The text of a `routes.toml` without routes: port 0 on loopback, with further lines for `[server]` and `[legacy]`. A line that
/// names `listen` takes the place of the loopback one.
pub fn forwarding(server: &str, legacy: &str) -> String {
    let listen = match server.contains("listen") {
        true => "",
        false => "listen = \"127.0.0.1:0\"\n",
    };
    format!("[server]\nadmin = \"127.0.0.1:0\"\n{listen}{server}\n\n[legacy]\n{legacy}\n")
}

impl Starting {
    fn spawn(
        folder: Arc<TempDir>,
        arguments: &[&str],
        environment: &[(&str, &Path)],
    ) -> Result<Self> {
        let process = Process::spawn(
            Command::new(binary()?)
                .arg("serve")
                .args(arguments)
                .arg("-c")
                .arg(folder.path().join("routes.toml"))
                .envs(environment.iter().copied())
                .current_dir(folder.path()),
        )?;
        Ok(Self { process, folder })
    }

    /// Waits for the ready line. Fails with the output when the process ends before it.
    pub async fn ready(self) -> Result<Sidecar> {
        let (listen, admin) = self.process.line(START, ready).await?;
        Ok(Sidecar {
            process: self.process,
            listen,
            admin,
            folder: self.folder,
        })
    }

    /// Its process, for a start that is meant to fail.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// A fresh folder for a `routes.toml`; removed on drop.
pub fn folder() -> Result<TempDir> {
    let named = tempfile::Builder::new()
        .prefix("overgrow-sidecar-")
        .tempdir();
    named.context("a folder for routes.toml")
}

/// The `overgrow` binary of the profile that this test was built in.
pub fn binary() -> Result<PathBuf> {
    let binary = profile()?.join("overgrow");
    ensure!(
        binary.exists(),
        "{} is missing: run `cargo build -p overgrow`",
        binary.display()
    );
    Ok(binary)
}

/// The target folder, for what a test leaves behind on purpose.
pub fn target() -> Result<PathBuf> {
    let target = profile()?.parent().map(Path::to_owned);
    target.context("a profile lies in the target folder")
}

fn profile() -> Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let profile = executable.parent().and_then(Path::parent);
    Ok(profile
        .context("a test executable lies in target/PROFILE/deps")?
        .to_owned())
}

fn ready(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    line.strip_prefix("overgrow ready ")?;
    Some((word(line, "listen=")?, word(line, "admin=")?))
}

fn word(line: &str, key: &str) -> Option<SocketAddr> {
    let value = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix(key))?;
    value.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_line_names_the_first_address() {
        let line = "overgrow ready listen=127.0.0.1:8080,[::1]:8080 admin=127.0.0.1:9901 routes=3";
        assert_eq!(
            ready(line),
            Some((
                "127.0.0.1:8080".parse().unwrap(),
                "127.0.0.1:9901".parse().unwrap()
            ))
        );
        assert_eq!(ready("overgrow is not ready"), None);
    }
}
