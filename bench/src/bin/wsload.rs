//! WebSocket load: echoes back and forth on many connections, or ten thousand that do nothing.
//!
//! It must not know which proxy is in between. The surprise: an answer that comes after the time is over is not counted, but its
//! connection is waited for, so that the next contestant starts on a quiet machine.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use futures_util::future::join_all;
use overgrow_bench::latency::{Summary, micros};
use overgrow_bench::process::{Tree, raise_open_files};
use overgrow_bench::socket::{Next, Socket};

/// Handshakes under way at once while idle sockets are opened: below every listener's backlog.
const OPENING: usize = 64;
/// How long memory may settle after the last socket is open.
const SETTLE: Duration = Duration::from_secs(2);

/// WebSocket load against `ws://TARGET/ws`.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// Send frames and wait for their echo; prints a summary.
    Echo(Echo),
    /// Open sockets that say nothing; prints a process's resident bytes before and with them.
    Idle(Idle),
}

#[derive(clap::Args)]
struct Echo {
    /// The proxy, or the origin.
    target: SocketAddr,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Bytes of payload in a frame.
    #[arg(long, default_value_t = 128)]
    size: usize,
    /// Frames under way on each connection.
    #[arg(long, default_value_t = 1)]
    depth: usize,
    /// How long.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

#[derive(clap::Args)]
struct Idle {
    /// The proxy, or the origin.
    target: SocketAddr,
    /// Sockets to open.
    #[arg(long, default_value_t = 10_000)]
    sockets: usize,
    /// The process that holds them.
    #[arg(long)]
    pid: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    raise_open_files();
    match Options::parse().load {
        Load::Echo(options) => println!("{}", serde_json::to_string(&echo(&options).await)?),
        Load::Idle(options) => println!("{}", serde_json::to_string(&idle(&options).await?)?),
    }
    Ok(())
}

async fn echo(options: &Echo) -> Summary {
    let opened = join_all((0..options.connections).map(|_| Socket::open(options.target))).await;
    let failed = opened.iter().filter(|socket| socket.is_err()).count();
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(options.seconds);
    let runs = opened
        .into_iter()
        .flatten()
        .map(|socket| tokio::spawn(run(socket, options.size, options.depth, end)));
    let runs = join_all(runs).await;
    let elapsed = end - start;
    let runs: Vec<Run> = runs.into_iter().flatten().collect();
    let broken = runs.iter().filter(|run| run.broken).count();
    let latencies = runs.into_iter().flat_map(|run| run.latencies).collect();
    Summary::of(latencies, (failed + broken) as u64, elapsed)
}

struct Run {
    latencies: Vec<u32>,
    broken: bool,
}

/// With more than one frame under way the latency is the time between echoes, times the depth.
async fn run(mut socket: Socket, size: usize, depth: usize, end: Instant) -> Run {
    let mut latencies = Vec::new();
    let mut sent = Instant::now();
    let echoed = || {
        let now = Instant::now();
        if now >= end {
            return Next::Stop;
        }
        latencies.push(micros((now - sent) * depth as u32));
        sent = now;
        Next::Send
    };
    let broken = socket.ping_pong(size, depth, echoed).await.is_err();
    Run { latencies, broken }
}

async fn idle(options: &Idle) -> anyhow::Result<serde_json::Value> {
    let before = Tree::of(options.pid).resident();
    let mut sockets = Vec::with_capacity(options.sockets);
    while sockets.len() < options.sockets {
        let some = OPENING.min(options.sockets - sockets.len());
        for socket in join_all((0..some).map(|_| Socket::open(options.target))).await {
            sockets.push(socket?);
        }
    }
    tokio::time::sleep(SETTLE).await;
    let with = Tree::of(options.pid).resident();
    Ok(serde_json::json!({ "sockets": sockets.len(), "before": before, "with": with }))
}
