//! The stage: gateway, sidecar, Prometheus, and looks at them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use overgrow::{Overgrow, Running};
use overgrow_tests::admin::json;
use overgrow_tests::browser::Visit;
use overgrow_tests::kit;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::prometheus::{Alert, Prometheus, scraping};
use overgrow_tests::sidecar::{folder, forwarding, target};
use serde_json::Value;
use tempfile::TempDir;

use crate::defect::Defect;

/// The route that migrates.
pub(crate) const HOOKS: &str = "hooks";

/// A few seconds a stop instead of ten minutes, and a bound that 299 equal answers reach instead of 2,995. The rest is as
/// the gate has it by itself.
const ROUTES: &str = r#"
[[route]]
id       = "hooks"
match    = { path = "/hooks/*" }
handler  = "hooks"
rust     = 0
fallback = false
shadow   = { sample = 100, writes = "plan", timeout = "20s" }
gate     = { steps = [5, 25, 50, 100], hold = "3s", mismatch = 1.0, auto = true }

[[route]]
id    = "everything-else"
match = { path = "/*" }
"#;

/// From 0 to 100 it takes some 15 s alone on two cores; the rest is for a machine that compiles at the same time.
const WALK: Duration = Duration::from_secs(180);

/// Everything that runs; ended on drop.
pub(crate) struct Stage {
    _gateway: OpenClaw,
    running: Option<Running>,
    prometheus: Prometheus,
    defect: Defect,
    folder: TempDir,
}

/// A dial that moved.
#[derive(Debug)]
pub(crate) struct Move {
    /// RFC 3339.
    pub(crate) at: String,
    /// Who moved it.
    pub(crate) by: String,
    /// Percent.
    pub(crate) from: f64,
    /// Percent.
    pub(crate) to: f64,
    /// On what grounds.
    pub(crate) why: String,
}

impl Stage {
    /// Starts everything.
    pub(crate) async fn set() -> Result<Self> {
        let gateway = OpenClaw::start().await?;
        let defect = Defect::default();
        let folder = folder()?;
        std::fs::write(folder.path().join("routes.toml"), text(&gateway, &folder)?)?;
        let builder = Overgrow::builder()
            .layer(HOOKS, defect.clone())
            .config_file(folder.path().join("routes.toml"));
        let running = tokio::task::spawn_blocking(move || builder.start()).await??;
        let prometheus = Prometheus::configured(&watching(running.admin())?).await?;
        Ok(Self {
            _gateway: gateway,
            running: Some(running),
            prometheus,
            defect,
            folder,
        })
    }

    /// Where clients connect.
    pub(crate) fn traffic(&self) -> SocketAddr {
        self.sidecar().listen()[0]
    }

    /// The defect that may be planted.
    pub(crate) fn defect(&self) -> &Defect {
        &self.defect
    }

    /// The Prometheus that watches.
    pub(crate) fn prometheus(&self) -> &Prometheus {
        &self.prometheus
    }

    /// Waits until that alert of deploy/prometheus fires; gives what it tells people.
    pub(crate) async fn until_alert(&self, name: &str) -> Result<String> {
        let began = Instant::now();
        loop {
            let alerts = self.prometheus.alerts().await?;
            let fires =
                |alert: &&Alert| alert.labels["alertname"] == name && alert.state == "firing";
            if let Some(alert) = alerts.iter().find(fires) {
                return Ok(alert.annotations["summary"].clone());
            }
            ensure!(began.elapsed() < WALK, "{name} does not fire: {alerts:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The line of routes.toml that holds the dial, as the pilot left it.
    pub(crate) fn line(&self) -> Result<String> {
        let text = std::fs::read_to_string(self.folder.path().join("routes.toml"))?;
        let line = text.lines().find(|line| line.starts_with("rust "));
        Ok(line.context("a dial in routes.toml")?.to_owned())
    }

    /// Waits for the dial to stand there. Fails with what the gate said last.
    pub(crate) async fn until_dial(&self, percent: f64) -> Result<()> {
        let began = Instant::now();
        loop {
            let route = json(self.admin(), &format!("/api/routes/{HOOKS}")).await?;
            if route["rust"].as_f64() == Some(percent) {
                return Ok(());
            }
            if began.elapsed() > WALK {
                bail!("the dial does not come to {percent}: {route:#}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How the dial moved, the first move first.
    pub(crate) async fn moves(&self) -> Result<Vec<Move>> {
        let told = json(self.admin(), &format!("/api/routes/{HOOKS}/history")).await?;
        let told = told.as_array().context("a list")?;
        let moved = told.iter().rev().filter(|step| !step["from"].is_null());
        moved.map(read).collect()
    }

    /// Takes a picture of the page once there is a number where `sign` says.
    pub(crate) async fn picture(&self, name: &str, place: &str, sign: &str) -> Result<()> {
        let pictures = pictures()?;
        std::fs::create_dir_all(&pictures)?;
        let (url, picture) = (
            format!("http://{}/{place}", self.admin()),
            pictures.join(name),
        );
        let picture = picture.to_str().context("a path of text")?;
        Visit::begin("picture.mjs", [&*url, sign, picture])?
            .ended()
            .await
    }

    fn admin(&self) -> SocketAddr {
        self.sidecar().admin()
    }

    fn sidecar(&self) -> &Running {
        // It is taken out only when this is dropped.
        match &self.running {
            Some(running) => running,
            None => unreachable!("it runs until it is dropped"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let running = self.running.take();
        // Its runtimes may not end on a runtime's thread.
        let _ = std::thread::spawn(move || drop(running)).join();
    }
}

/// Where pictures and report lie afterwards.
pub(crate) fn pictures() -> Result<PathBuf> {
    Ok(target()?.join("staging"))
}

/// A prometheus.yml with the alerts that operators are given.
fn watching(admin: SocketAddr) -> Result<String> {
    let rules = kit::tree("..")
        .join("deploy/prometheus/rules/overgrow.yml")
        .canonicalize()?;
    Ok(format!("{}rule_files: [{rules:?}]\n", scraping(&[admin])))
}

fn text(gateway: &OpenClaw, folder: &TempDir) -> Result<String> {
    let server = format!("data = {:?}", folder.path().join("data"));
    let legacy = format!(
        "url = \"http://{}\"\nconfig = {:?}",
        gateway.address(),
        gateway.folder().join("openclaw.json")
    );
    Ok(format!("{}{ROUTES}", forwarding(&server, &legacy)))
}

fn read(step: &Value) -> Result<Move> {
    let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| {
        step[key]
            .as_f64()
            .with_context(|| format!("{key} in {step}"))
    };
    ensure!(!text("at").is_empty(), "a time in {step}");
    Ok(Move {
        at: text("at"),
        by: text("by"),
        from: number("from")?,
        to: number("to")?,
        why: text("why"),
    })
}
