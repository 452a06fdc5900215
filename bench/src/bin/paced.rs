//! An open-loop load: requests leave by the clock, however slow the answers are.
//!
//! It must not know which proxy is in between. The surprise: plain threads that sleep, because a timer wheel of one millisecond cannot
//! space four thousand requests over a second; and a request that starts late because the one before it was slow is measured from
//! when it was due, while the lateness of the sleep itself is not the proxy's.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use overgrow_bench::exchange::Exchange;
use overgrow_bench::latency::{Summary, micros};

/// Sends GETs at a fixed rate and prints a summary.
#[derive(Clone, Parser)]
struct Options {
    /// The proxy, or the origin.
    target: SocketAddr,
    /// What is asked for.
    #[arg(long, default_value = "/")]
    path: String,
    /// Requests per second over all connections.
    #[arg(long, default_value_t = 4000)]
    rate: u32,
    /// Connections, each with its own thread and an equal share of the rate.
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// How long.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let start = Instant::now() + Duration::from_millis(50);
    let runs: Vec<_> = (0..options.connections)
        .map(|index| {
            let options = options.clone();
            thread::spawn(move || run(&options, start, index))
        })
        .collect();
    let mut latencies = Vec::new();
    let mut errors = 0;
    for run in runs {
        match run.join() {
            Ok(Ok(mut some)) => latencies.append(&mut some),
            _ => errors += 1,
        }
    }
    let summary = Summary::of(latencies, errors, Duration::from_secs_f64(options.seconds));
    println!("{}", serde_json::to_string(&summary)?);
    Ok(())
}

fn run(options: &Options, start: Instant, index: u32) -> io::Result<Vec<u32>> {
    let request = format!("GET {} HTTP/1.1\r\nHost: bench.test\r\n\r\n", options.path);
    let mut connection = Exchange::open(options.target)?;
    let every = Duration::from_secs(1) * options.connections / options.rate;
    let mut due = start + every * index / options.connections;
    let end = start + Duration::from_secs_f64(options.seconds);
    let mut latencies = Vec::new();
    while due < end {
        let from = wait_until(due);
        connection.ask(request.as_bytes())?;
        latencies.push(micros(from.elapsed()));
        due += every;
    }
    Ok(latencies)
}

/// Sleeps until a request is due, and says from when it is to be measured.
fn wait_until(due: Instant) -> Instant {
    let left = due.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return due;
    }
    thread::sleep(left);
    Instant::now()
}
