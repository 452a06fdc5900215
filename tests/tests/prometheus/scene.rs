//! One sidecar to which everything has happened that a panel or an alert is about, and a Prometheus that watched.
//!
//! It must not know a query. The surprise: a counter that Prometheus first sees at five has not risen as far as it can tell, so
//! everything happens twice, with scrapes between.

use crate::backend::{Backend, Is};
use crate::deploy::file;
use crate::traffic::{self, Socket};
use anyhow::{Context, Result};
use overgrow_tests::admin::until_config;
use overgrow_tests::ask::get;
use overgrow_tests::prometheus::{Prometheus, scraping};
use overgrow_tests::sidecar::{Sidecar, folder, forwarding};
use std::path::Path;

const SETTINGS: &str = r#"{ hooks: { enabled: true, token: "a-token-of-hooks" } }"#;

/// What runs; all of it ends on drop.
pub(crate) struct Scene {
    pub(crate) prometheus: Prometheus,
    pub(crate) sidecar: Sidecar,
    _socket: Socket,
    _sides: [Backend; 2],
}

impl Scene {
    /// Starts everything, has everything happen, and waits until Prometheus knows.
    pub(crate) async fn play() -> Result<Self> {
        let sides = [
            Backend::start(Is::Legacy).await?,
            Backend::start(Is::Rust).await?,
        ];
        let folder = folder()?;
        let routes = lay_out(folder.path(), &sides)?;
        let sidecar = Sidecar::start_in(folder).await?;
        let prometheus = Prometheus::configured(&config(&sidecar)).await?;
        add_plugin(&sidecar, &prometheus).await?;
        let socket = Socket::open(sidecar.addr()).await?;
        traffic::everything(&sidecar).await?;
        prometheus.caught_up().await?;
        traffic::everything(&sidecar).await?;
        roll_back(&sidecar, &prometheus).await?;
        reject_one(&sidecar, &routes).await?;
        prometheus.caught_up().await?;
        Ok(Self {
            prometheus,
            sidecar,
            _socket: socket,
            _sides: sides,
        })
    }
}

/// Rust fails five times in a row where the pilot may act.
async fn roll_back(sidecar: &Sidecar, prometheus: &Prometheus) -> Result<()> {
    for _ in 0..5 {
        get("/piloted/fails").send(sidecar.addr()).await?;
    }
    let moved = "overgrow_pilot_moves_total{route=\"piloted\",direction=\"rollback\"} == 1";
    prometheus.until(moved, |found| !found.is_empty()).await?;
    Ok(())
}

/// A file with a fault, until it was noticed, and then another good one.
async fn reject_one(sidecar: &Sidecar, routes: &str) -> Result<()> {
    sidecar.edit(&routes.replace("rust    = 50", "rust    = \"half\""))?;
    let refused = |config: &serde_json::Value| config["synchronized"] == false;
    until_config(sidecar.admin(), "a file that is refused", refused).await?;
    sidecar.edit(&routes.replace("rust    = 50", "rust    = 60"))?;
    let taken = |config: &serde_json::Value| config["synchronized"] == true;
    until_config(sidecar.admin(), "the next good file", taken).await?;
    Ok(())
}

/// Compiling a plugin takes a second or, on a busy machine, many: nothing else waits for it.
async fn add_plugin(sidecar: &Sidecar, prometheus: &Prometheus) -> Result<()> {
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/probe.wasm");
    std::fs::copy(probe, sidecar.folder().join("plugins/probe.wasm"))
        .context("probe.wasm is not there: run `cargo xtask plugins` first")?;
    let loaded = "overgrow_plugins{state=\"loaded\"} == 1";
    prometheus.until(loaded, |found| !found.is_empty()).await?;
    Ok(())
}

/// The rules as they are published, looked at as often as the sidecar is.
fn config(sidecar: &Sidecar) -> String {
    let rules = file("prometheus/rules/overgrow.yml");
    format!(
        "{}rule_files: [{:?}]\n",
        scraping(&[sidecar.admin()]),
        rules.display().to_string()
    )
}

/// Writes what the sidecar reads; gives the text of its routes.toml.
fn lay_out(folder: &Path, sides: &[Backend; 2]) -> Result<String> {
    let plugins = folder.join("plugins");
    std::fs::create_dir(&plugins)?;
    let settings = folder.join("openclaw.json");
    std::fs::write(&settings, SETTINGS)?;
    let secret = folder.join("secret");
    std::fs::write(&secret, "a secret of webhooks")?;
    let [legacy, rust] = sides;
    let legacy = format!(
        "url = \"http://{}\"\nconfig = {settings:?}",
        legacy.address()
    );
    let text = forwarding("", &legacy) + &routes(rust, &plugins, &secret);
    std::fs::write(folder.join("routes.toml"), &text)?;
    Ok(text)
}

/// `orders` is split and shadowed, `down` is shadowed by nobody, the pilot has `piloted`, `calls` belongs to a plugin, `hooks` to the bridge.
fn routes(rust: &Backend, plugins: &Path, secret: &Path) -> String {
    let rust = rust.address();
    format!(
        r#"
[pilot]
webhook = "http://{rust}/told/alike"

[plugins]
folder = {plugins:?}

[plugins.probe]
webhook = ["/probe/*"]
kv      = true

[[route]]
id      = "orders"
match   = {{ path = "/orders/*" }}
handler = "http://{rust}"
rust    = 50
timeout = "1s"
fallback = true
shadow  = {{ sample = 100, timeout = "1s" }}
gate    = {{ mismatch = 1, errors = 1, latency = 1.5 }}

[[route]]
id      = "piloted"
match   = {{ path = "/piloted/*" }}
handler = "http://{rust}"
rust    = true
shadow  = {{ sample = 100 }}
gate    = {{ auto = true }}

[[route]]
id      = "down"
match   = {{ path = "/down/*" }}
handler = "http://127.0.0.1:1"
shadow  = {{ sample = 100 }}

[[route]]
id      = "signed"
match   = {{ path = "/signed" }}
signature = {{ scheme = "github", secret = {{ file = {secret:?} }} }}

[[route]]
id      = "calls"
match   = {{ path = "/probe/*" }}
handler = "plugin:probe"
rust    = true

[[route]]
id      = "hooks"
match   = {{ path = "/hooks/*" }}
handler = "hooks"
rust    = true
"#
    )
}
