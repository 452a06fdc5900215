//! Production's nginx copies to staging, and nobody in production notices what staging does with it.

use super::of_tree;
use anyhow::{Context, Result};
use overgrow_tests::ask::{Client, get, post};
use overgrow_tests::process::Process;
use overgrow_tests::service::Service;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// For what takes milliseconds when nobody else uses the machine.
const SOON: Duration = Duration::from_secs(15);

/// A real nginx on deploy/staging/nginx-mirror.conf; ended on drop.
struct Production {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Production {
    async fn start(legacy: SocketAddr, staging: SocketAddr) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let mirror = std::fs::read_to_string(of_tree("deploy/staging/nginx-mirror.conf"))?
            .replace("server 127.0.0.1:18789;", &format!("server {legacy};"))
            .replace("server 127.0.0.1:28080;", &format!("server {staging};"))
            .replace("listen 8000;", &format!("listen {address};"));
        std::fs::write(folder.path().join("mirror.conf"), mirror)?;
        std::fs::write(folder.path().join("nginx.conf"), around("mirror.conf"))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path());
        command.args(["-e", "stderr", "-c", "nginx.conf"]);
        let process = Process::spawn(&mut command).context("nginx is missing: run `make setup`")?;
        // Logged once the sockets are bound.
        let bound = |line: &str| line.contains("[notice]").then_some(());
        process.line(SOON, bound).await?;
        Ok(Self {
            address,
            _process: process,
            _folder: folder,
        })
    }
}

/// nginx takes no port 0. A port that somebody else takes first makes it fail to start, loudly.
fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// What a distribution's nginx.conf has around `conf.d`.
fn around(included: &str) -> String {
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {name};"))
        .join(" ");
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr notice;
events {{ worker_connections 64; }}
http {{ access_log off; {folders} include {included}; }}
"
    )
}

#[tokio::test]
async fn staging_gets_the_same_request_without_productions_credentials() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let staging = TcpListener::bind("127.0.0.1:0").await?;
    let production = Production::start(legacy.address(), staging.local_addr()?).await?;
    let asked = post("/orders/7?x=1", "a=b")
        .header("authorization", "Bearer secret-of-production")
        .header("cookie", "session=secret-of-production");
    let (answer, copy) = tokio::join!(asked.send(production.address), one_request(&staging));
    assert_eq!(answer?.status(), 200);
    let copy = copy?;
    assert!(
        copy.starts_with("POST /orders/7?x=1 HTTP/1.1\r\n"),
        "{copy}"
    );
    assert!(copy.ends_with("\r\n\r\na=b"), "{copy}");
    assert!(copy.contains("X-Copied-From: production\r\n"), "{copy}");
    assert!(!copy.contains("secret-of-production"), "{copy}");
    Ok(())
}

#[tokio::test]
async fn nobody_notices_that_staging_is_dead() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let nobody = free_address()?;
    let production = Production::start(legacy.address(), nobody).await?;
    let mut client = Client::new(production.address);
    for _ in 0..20 {
        assert_eq!(client.ask(&get("/orders")).await?.status(), 200);
    }
    assert_eq!((legacy.asked(), client.reopened()), (20, 0));
    Ok(())
}

/// The next request of a connection waits for the copy of the last one: the timeouts in the file say how long at most.
#[tokio::test]
async fn a_staging_that_hangs_costs_a_kept_connection_its_timeout_and_no_more() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    // Connections are taken by the kernel, and nobody ever reads.
    let staging = TcpListener::bind("127.0.0.1:0").await?;
    let production = Production::start(legacy.address(), staging.local_addr()?).await?;
    let mut client = Client::new(production.address);
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(client.ask(&get("/orders")).await?.status(), 200);
    }
    // Two waits of 500 ms; without the timeouts it would be two minutes.
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    Ok(())
}

/// Takes one request with a short body, answers it, and gives it as it came.
async fn one_request(listener: &TcpListener) -> Result<String> {
    let (mut connection, _) = tokio::time::timeout(SOON, listener.accept()).await??;
    let mut request = Vec::new();
    while !request.ends_with(b"a=b") {
        let read = connection.read_buf(&mut request);
        let read = tokio::time::timeout(SOON, read).await??;
        anyhow::ensure!(read > 0, "{}", String::from_utf8_lossy(&request));
    }
    connection
        .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .await?;
    Ok(String::from_utf8(request)?)
}
