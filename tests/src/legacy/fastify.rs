//! The small gateways of our own: Fastify for what OpenClaw does not do, and a gRPC-like server.
//!
//! It must not know their endpoints; `tests/legacy/README.md` lists them.

use super::NodeServer;
use crate::kit;
use crate::process::Process;
use anyhow::Result;
use std::net::SocketAddr;
use tempfile::TempDir;

/// A running Fastify gateway; ended on drop.
pub struct Fastify {
    server: NodeServer,
    _folder: TempDir,
}

impl Fastify {
    /// Starts it with flags such as `["--name", "A"]` or `["--h2c"]`.
    pub async fn start(args: &[&str]) -> Result<Self> {
        let folder = kit::prepare("fastify", "legacy/fastify")?;
        let server = NodeServer::start(folder.path(), "server.mjs", args).await?;
        Ok(Self {
            server,
            _folder: folder,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Its process, to signal or measure it.
    pub fn process(&self) -> &Process {
        &self.server.process
    }
}

/// A running gRPC-like server over h2c; ended on drop.
pub struct Grpc {
    server: NodeServer,
    _folder: TempDir,
}

impl Grpc {
    /// Starts it.
    pub async fn start() -> Result<Self> {
        let folder = kit::prepare("fastify", "legacy/fastify")?;
        let server = NodeServer::start(folder.path(), "grpc.mjs", &[]).await?;
        Ok(Self {
            server,
            _folder: folder,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}
