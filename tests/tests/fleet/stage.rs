//! Three sidecars with a Prometheus that scrapes them, and the one file of their pilot.
//!
//! The surprise: the file is nobody's routes.toml here. What brings it to the sidecars, a ConfigMap or a deployment, is not
//! part of the test, so they stay where they are.

use anyhow::{Context, Result, ensure};
use axum::Router;
use http::StatusCode;
use overgrow_tests::admin::{Scrape, until, until_scrape};
use overgrow_tests::ask::get;
use overgrow_tests::process::Process;
use overgrow_tests::prometheus::Prometheus;
use overgrow_tests::sidecar::{Sidecar, binary, routes_toml};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A look takes a tenth of a second; the rest is for a machine that compiles at the same time.
const SOON: Duration = Duration::from_secs(60);

const ROUTE: &str = "orders";

/// How a native handler does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Native {
    /// It answers as the legacy.
    Good,
    /// It answers every request with a 500.
    Failing,
}

pub(crate) struct Fleet {
    sidecars: Vec<Sidecar>,
    prometheus: Prometheus,
    folder: TempDir,
}

impl Fleet {
    /// All dials at `rust` percent.
    pub(crate) async fn start(rust: u8, natives: [Native; 3]) -> Result<Self> {
        let legacy = answering(StatusCode::OK).await?;
        let mut sidecars = Vec::new();
        for native in natives {
            let status = match native {
                Native::Good => StatusCode::OK,
                Native::Failing => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let native = format!("http://{}", answering(status).await?);
            let route = route(&native, rust);
            sidecars.push(Sidecar::start(&routes_toml(legacy, &route)).await?);
        }
        let admins: Vec<SocketAddr> = sidecars.iter().map(Sidecar::admin).collect();
        let prometheus = Prometheus::scraping(&admins).await?;
        let folder = tempfile::tempdir()?;
        let routes = routes(&format!("http://{legacy}"), "http://127.0.0.1:1", rust);
        std::fs::write(folder.path().join("routes.toml"), routes)?;
        Ok(Self {
            sidecars,
            prometheus,
            folder,
        })
    }

    /// That many requests to each sidecar, all of them compared and scraped, unless rust failed too often to be asked on.
    pub(crate) async fn traffic(&self, count: u32) -> Result<()> {
        for sidecar in &self.sidecars {
            for _ in 0..count {
                get("/orders").send(sidecar.addr()).await?;
            }
            until_scrape(sidecar.admin(), "the comparisons", |seen| {
                of(seen, "compared") >= f64::from(count) || of(seen, "row") >= 5.0
            })
            .await?;
        }
        self.prometheus.caught_up().await
    }

    /// The pilot of the file.
    pub(crate) fn pilot(&self, args: &[&str]) -> Result<Process> {
        let mut command = Command::new(binary()?);
        command.args(["pilot", "--interval", "200ms", "--fresh", "10s"]);
        command.arg("--prometheus");
        command.arg(format!("http://{}", self.prometheus.address()));
        command.arg("-c").arg(self.file());
        if !args.contains(&"--expect") {
            command.args(["--expect", "3"]);
        }
        command.args(args);
        Process::spawn(&mut command)
    }

    /// Waits until the dial's line begins so; gives it.
    pub(crate) async fn dial_is(&self, beginning: &str) -> Result<String> {
        until(beginning, async || {
            let text = self.text()?;
            let mut lines = text.lines();
            Ok(lines
                .find(|line| line.starts_with(beginning))
                .map(str::to_owned))
        })
        .await
    }

    pub(crate) fn text(&self) -> Result<String> {
        std::fs::read_to_string(self.file()).context("the file")
    }

    /// Changes the file as a person would; gives the new text.
    pub(crate) fn edit(&self, change: impl FnOnce(&str) -> String) -> Result<String> {
        let before = self.text()?;
        let after = change(&before);
        ensure!(before != after, "nothing changed");
        std::fs::write(self.file(), &after)?;
        Ok(after)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("routes.toml")
    }
}

/// Waits until the pilot has said so.
pub(crate) async fn says(pilot: &Process, words: &str) -> Result<()> {
    line(pilot, |line| line.contains(words).then_some(())).await
}

/// Waits for a line of the pilot.
pub(crate) async fn line<T>(pilot: &Process, find: impl Fn(&str) -> Option<T>) -> Result<T> {
    pilot.line(SOON, find).await
}

/// A file with one route, which its pilot may move.
pub(crate) fn routes(legacy: &str, native: &str, rust: u8) -> String {
    format!("[legacy]\nurl = \"{legacy}\"\n\n{}", route(native, rust))
}

/// The sidecars' own pilots leave what is the fleet's alone. Latency is not what is tested, on a machine that does
/// something else at the same time.
fn route(native: &str, rust: u8) -> String {
    format!(
        "[[route]]\nid = \"{ROUTE}\"\nmatch = {{ path = \"/orders\" }}\nhandler = \"{native}\"\nrust = {rust}\n\
         shadow = {{ sample = 100 }}\n\
         gate = {{ steps = [5, 50, 100], hold = \"0s\", mismatch = 5, latency = 1000, auto = \"fleet\" }}\n"
    )
}

fn of(seen: &Scrape, of: &str) -> f64 {
    seen.sum("overgrow_evidence", &[("route", ROUTE), ("of", of)])
}

/// A service that gives one answer for as long as the test runs.
async fn answering(status: StatusCode) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().fallback(move || async move { (status, "an order") });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
