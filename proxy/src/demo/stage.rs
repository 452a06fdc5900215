//! Everything the script plays on: the folder with routes.toml, the legacy, the sidecar, the traffic.
//!
//! It knows the order in which they come and go. The surprise: two routes.toml exist, because in front of a real
//! legacy only paths of our own may be native, and the legacy is asked nothing but `GET /`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::DemoError;
use super::handlers;
use super::legacy::Legacy;
use super::traffic::{Mix, Traffic};
use crate::config::Handlers;
use crate::sidecar::{Overgrow, Running};

/// The set stage.
pub(super) struct Stage {
    pub(super) since: Instant,
    pub(super) traffic: Traffic,
    pub(super) sidecar: Running,
    pub(super) legacy: Before,
    pub(super) handlers: Handlers,
    pub(super) file: PathBuf,
    pub(super) runtime: Runtime,
    _folder: TempDir,
}

/// The legacy that the sidecar stands before.
pub(super) enum Before {
    Embedded(Legacy),
    Real(String),
}

impl Before {
    fn find(url: Option<&str>) -> std::io::Result<Self> {
        match url {
            Some(url) => Ok(Self::Real(url.to_owned())),
            None => Legacy::start().map(Self::Embedded),
        }
    }

    /// Where it is.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Embedded(legacy) => format!("http://{}", legacy.address),
            Self::Real(url) => url.clone(),
        }
    }

    fn routes(&self) -> &'static str {
        match self {
            Self::Embedded(_) => include_str!("routes.embedded.toml"),
            Self::Real(_) => include_str!("routes.real.toml"),
        }
    }

    fn mix(&self) -> Mix {
        match self {
            Self::Embedded(_) => Mix::Shop,
            Self::Real(_) => Mix::Root,
        }
    }
}

impl Stage {
    /// Brings everything up: first who answers, then who asks.
    pub(super) fn set(legacy: Option<&str>) -> Result<Self, DemoError> {
        let since = Instant::now();
        let folder = tempfile::Builder::new().prefix("overgrow-demo-").tempdir();
        let folder = folder.map_err(DemoError::Stage)?;
        let legacy = Before::find(legacy).map_err(DemoError::Stage)?;
        let file = write(folder.path(), &legacy).map_err(DemoError::Stage)?;
        let builder = Overgrow::builder()
            .handler("orders", handlers::orders())
            .handler("orders-draft", handlers::draft())
            .handler("prices", handlers::Prices)
            .config_file(&file);
        let handlers = builder.handler_names();
        let sidecar = builder.start()?;
        let runtime = runtime().map_err(DemoError::Stage)?;
        let traffic = Traffic::start(&runtime, front(&sidecar), legacy.mix());
        Ok(Self {
            since,
            traffic,
            sidecar,
            legacy,
            handlers,
            file,
            runtime,
            _folder: folder,
        })
    }

    /// Where clients connect.
    pub(super) fn address(&self) -> SocketAddr {
        front(&self.sidecar)
    }

    /// Takes everything down: first who asks, so that nobody is refused, then who answers.
    pub(super) fn clear(self) {
        self.traffic.stop();
        drop(self.runtime);
        self.sidecar.stop();
    }
}

fn front(sidecar: &Running) -> SocketAddr {
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    sidecar.listen().first().copied().unwrap_or(nowhere)
}

fn write(folder: &Path, legacy: &Before) -> std::io::Result<PathBuf> {
    let file = folder.join("routes.toml");
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let text = legacy
        .routes()
        .replace("\"DATA\"", &quoted(&folder.join("data").to_string_lossy()))
        .replace("\"LEGACY\"", &quoted(&legacy.url()));
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The clients get a thread of their own; the script keeps the one that the process began with.
fn runtime() -> std::io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let builder = builder.worker_threads(1).thread_name("demo-clients");
    builder.enable_all().build()
}
