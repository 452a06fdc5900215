//! A sidecar in the test's own process, with handlers, in front of any legacy.
//!
//! The surprise: it starts and ends on threads without an async runtime, as the library asks for.

use anyhow::{Context, Result};
use overgrow::{Builder, Running};
use overgrow_tests::sidecar::{folder, routes_toml};
use std::net::SocketAddr;
use tempfile::TempDir;

/// A running sidecar; ended on drop.
pub(crate) struct InProcess {
    running: Option<Running>,
    _folder: TempDir,
}

impl InProcess {
    /// Starts with those routes; its data lies in a folder of its own.
    pub(crate) async fn start(builder: Builder, legacy: SocketAddr, routes: &str) -> Result<Self> {
        let folder = folder()?;
        let data = format!("[server]\ndata = {:?}", folder.path().join("data"));
        let file = folder.path().join("routes.toml");
        let text = routes_toml(legacy, routes).replace("[server]", &data);
        std::fs::write(&file, text)?;
        let start = move || builder.config_file(file).start();
        let running = tokio::task::spawn_blocking(start).await??;
        Ok(Self {
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
