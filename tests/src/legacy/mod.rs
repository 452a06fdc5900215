//! The real gateways that a sidecar stands in front of.
//!
//! It must not know the sidecar. The surprise: OpenClaw takes no port 0, so its port is picked here and could in theory be taken
//! by somebody else before it binds; it then fails to start, loudly.

mod fastify;
mod media;
mod openclaw;
mod voice_call;
mod volatile;

pub use fastify::{Fastify, Grpc};
pub use media::Media;
pub use openclaw::OpenClaw;
pub use voice_call::VoiceCall;
pub use volatile::{Asked, Volatile};

use crate::process::Process;
use anyhow::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A Node server that prints `{"port":N}` when it listens, and where it does.
struct NodeServer {
    process: Process,
    address: SocketAddr,
}

impl NodeServer {
    async fn start(folder: &Path, script: &str, args: &[&str]) -> Result<Self> {
        let process = Process::spawn(
            Command::new("node")
                .arg(script)
                .args(args)
                .current_dir(folder),
        )?;
        // Half a second is usual; the rest is for a machine that compiles at the same time.
        let port = process.line(Duration::from_secs(30), port_of).await?;
        Ok(Self {
            process,
            address: (Ipv4Addr::LOCALHOST, port).into(),
        })
    }
}

fn port_of(line: &str) -> Option<u16> {
    let ready: serde_json::Value = serde_json::from_str(line).ok()?;
    ready["port"].as_u64()?.try_into().ok()
}

pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
