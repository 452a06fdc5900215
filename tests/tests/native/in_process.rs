//! A sidecar in the test's own process, with handlers.
//!
//! The surprise: it starts and ends on threads without an async runtime, as the library asks for.

use anyhow::{Context, Result};
use overgrow::{Builder, Running};
use overgrow_tests::raw::Wire;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{folder, routes_toml};
use std::net::SocketAddr;
use tempfile::TempDir;

/// A running sidecar with a legacy behind it; ended on drop.
pub(crate) struct InProcess {
    pub(crate) legacy: Service,
    running: Option<Running>,
    _folder: TempDir,
}

impl InProcess {
    /// Starts with a legacy of its own; `routes` are the routes.
    pub(crate) async fn start(builder: Builder, routes: &str) -> Result<Self> {
        Self::start_with(builder, "", routes).await
    }

    /// As [`start`](Self::start), with further lines for `[legacy]`.
    pub(crate) async fn start_with(builder: Builder, more: &str, routes: &str) -> Result<Self> {
        let legacy = Service::start("legacy").await?;
        let folder = folder()?;
        let data = format!("[server]\ndata = {:?}", folder.path().join("data"));
        let file = folder.path().join("routes.toml");
        let text = routes_toml(legacy.address(), routes).replace("[server]", &data);
        let text = text.replace("[legacy]", &format!("[legacy]\n{more}"));
        std::fs::write(&file, text)?;
        let start = move || builder.config_file(file).start();
        let running = tokio::task::spawn_blocking(start).await??;
        Ok(Self {
            legacy,
            running: Some(running),
            _folder: folder,
        })
    }

    /// Where clients connect.
    pub(crate) fn to(&self) -> Result<SocketAddr> {
        let running = self.running.as_ref();
        Ok(running.context("it runs until it is dropped")?.listen()[0])
    }

    /// Where the admin API listens.
    pub(crate) fn admin(&self) -> Result<SocketAddr> {
        let running = self.running.as_ref();
        Ok(running.context("it runs until it is dropped")?.admin())
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        let running = self.running.take();
        // Its runtimes may not end on a runtime's thread.
        let _ = std::thread::spawn(move || drop(running)).join();
    }
}

/// A route `ID` on `/ID` and below that is all native; `more` are further keys.
pub(crate) fn native(id: &str, more: &str) -> String {
    format!(
        "[[route]]\nid = \"{id}\"\nmatch = {{ path = \"/{id}/*\" }}\nhandler = \"{id}\"\nrust = true\n{more}\n\n"
    )
}

/// Reads until what was read ends with `end`; gives all of it.
pub(crate) async fn read_until(wire: &mut Wire, end: &str) -> Result<String> {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let next = wire.bytes(1).await;
        read.extend(next.with_context(|| String::from_utf8_lossy(&read).into_owned())?);
    }
    Ok(String::from_utf8_lossy(&read).into_owned())
}
