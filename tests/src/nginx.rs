//! A real nginx as a proxy, to compare how strict it is.
//!
//! It must not know what is sent to it. The surprise: nginx takes no port 0, so its port is picked here; a port that somebody else
//! takes first makes it fail to start, loudly.

use crate::legacy::free_port;
use crate::process::Process;
use anyhow::{Context, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A running nginx; ended on drop.
pub struct Nginx {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Nginx {
    /// Starts one that forwards everything to `upstream` and waits one second for the rest of a request.
    pub async fn in_front_of(upstream: SocketAddr) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("overgrow-nginx-")
            .tempdir()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        std::fs::write(folder.path().join("nginx.conf"), text(address, upstream))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path());
        command.args(["-e", "stderr", "-c", "nginx.conf"]);
        let process = Process::spawn(&mut command).context("nginx is missing: run `make setup`")?;
        // Logged once the sockets are bound.
        let bound = |line: &str| line.contains("[notice]").then_some(());
        process.line(Duration::from_secs(15), bound).await?;
        Ok(Self {
            address,
            _process: process,
            _folder: folder,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn text(address: SocketAddr, upstream: SocketAddr) -> String {
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {name};"))
        .join(" ");
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr notice;
events {{ worker_connections 64; }}
http {{
  access_log off; {folders}
  client_header_timeout 1s; client_body_timeout 1s;
  server {{
    listen {address};
    location / {{ proxy_pass http://{upstream}; proxy_http_version 1.1; }}
  }}
}}
"
    )
}
