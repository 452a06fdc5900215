//! The gateway whose answers are never the same twice; two of them play legacy and rust service.
//!
//! It must not know what is noise and what is planted; `tests/legacy/README.md` lists it. The surprise: it needs no install, so it runs
//! where it lies in the tree, and two of them share nothing but their source.

use super::NodeServer;
use crate::ask::get;
use crate::kit;
use crate::process::Process;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::net::SocketAddr;

/// A running volatile gateway; ended on drop.
pub struct Volatile {
    server: NodeServer,
}

/// One request as it came to the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asked {
    /// `GET`, and so on.
    pub method: String,
    /// The target.
    pub url: String,
    /// Names in their own case and values, in wire order.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Volatile {
    /// Starts it with flags such as `["--name", "rust", "--plant", "field,null"]`.
    pub async fn start(args: &[&str]) -> Result<Self> {
        let server = NodeServer::start(&kit::tree("legacy/volatile"), "server.mjs", args).await?;
        Ok(Self { server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Its process, to signal or measure it.
    pub fn process(&self) -> &Process {
        &self.server.process
    }

    /// Every request so far, up to 20,000 of them, in the order in which their bodies ended.
    pub async fn asked(&self) -> Result<Vec<Asked>> {
        let answer = get("/asked").send(self.address()).await?;
        serde_json::from_slice(&answer.body).with_context(|| answer.text())
    }
}

impl Asked {
    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(sent, _)| sent.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it was asked off a client's path.
    pub fn is_shadow(&self) -> bool {
        self.header("x-overgrow-shadow").is_some()
    }
}
