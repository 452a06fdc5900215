//! How long a call takes, and how many a core does.
//!
//! Each has a fresh store and instance. One after the other, a call includes the way to the guests' thread and back,
//! both of which were asleep; side by side, nobody sleeps.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::try_join_all;
use overgrow_plugins::Plugin;

use crate::{guest, row};

/// Callers side by side, enough for the thread never to be idle.
const CALLERS: usize = 16;

pub(crate) async fn measure(calls: usize) -> Result<()> {
    let engine = guest::engine(None)?;
    let plugin = guest::load(&engine, "template", guest::component("template")?).await?;
    for _ in 0..calls / 10 {
        guest::hello(&plugin).await?;
    }
    let mut times = apart(&plugin, calls).await?;
    times.sort_unstable();
    let at = |share: f64| micros(times[((times.len() - 1) as f64 * share) as usize]);
    row("a call, p50", at(0.5));
    row("a call, p99", at(0.99));
    let rate = together(&plugin, calls).await?;
    row("calls per second and core", format!("{rate:.0}"));
    row(
        "a call of the core's time",
        micros(Duration::from_secs_f64(1.0 / rate)),
    );
    Ok(())
}

async fn apart(plugin: &Plugin, calls: usize) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let began = Instant::now();
        guest::hello(plugin).await?;
        times.push(began.elapsed());
    }
    Ok(times)
}

async fn together(plugin: &Plugin, calls: usize) -> Result<f64> {
    let share = calls.div_ceil(CALLERS);
    let began = Instant::now();
    let callers = (0..CALLERS).map(|_| async {
        for _ in 0..share {
            guest::hello(plugin).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(callers).await?;
    Ok((share * CALLERS) as f64 / began.elapsed().as_secs_f64())
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}
