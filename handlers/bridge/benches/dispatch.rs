//! What accepting a dispatch costs its caller: rate and latency with one caller and with 32 at once, on a real file.
//!
//! A harness of its own, because a mean says nothing of the callers that waited for a checkpoint.

use std::time::{Duration, Instant};

use anyhow::Result;
use overgrow_bridge::{Bridge, BridgeConfig, Dispatch, Wake, WakeMode};
use overgrow_handler::Effects;
use tokio::task::JoinSet;

/// Long enough for several checkpoints.
const LASTS: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    for callers in [1, 32] {
        let folder = tempfile::tempdir()?;
        let bridge = Bridge::open(BridgeConfig {
            cap: usize::MAX,
            bytes: u64::MAX,
            ..BridgeConfig::new(folder.path())
        })?;
        let mut took = load(&bridge, callers).await?;
        took.sort_unstable();
        report(callers, &took);
        assert_eq!(bridge.status().waiting, took.len());
    }
    Ok(())
}

async fn load(bridge: &Bridge, callers: usize) -> Result<Vec<Duration>> {
    let until = Instant::now() + LASTS;
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        tasks.spawn(call(bridge.clone(), caller, until));
    }
    let mut took = Vec::new();
    while let Some(calls) = tasks.join_next().await {
        took.extend(calls??);
    }
    Ok(took)
}

async fn call(bridge: Bridge, caller: usize, until: Instant) -> Result<Vec<Duration>> {
    let effects = Effects::performing();
    let mut took = Vec::new();
    while Instant::now() < until {
        let text = format!("a build of caller {caller} failed, number {}", took.len());
        let mode = WakeMode::Now;
        let dispatch = Dispatch::Wake(Wake { text, mode });
        let began = Instant::now();
        bridge.dispatch(&effects, dispatch).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}

fn report(callers: usize, took: &[Duration]) {
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    let rate = took.len() as f64 / LASTS.as_secs_f64();
    println!(
        "{callers:>3} callers: {rate:>8.0}/s, p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}
