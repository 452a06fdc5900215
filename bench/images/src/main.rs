//! Images beside sharp, on the same bytes, interleaved in one run.
//!
//! usage: `cargo run --release -p overgrow-bench-images -- [ROUNDS]`, 7 unless said. One thread each; then two cores each.

mod peer;
mod sample;
mod ssim;
mod task;

use std::time::Instant;

use anyhow::Result;
use bytes::Bytes;
use overgrow_images::{Limits, Wanted, decode, inspect};

use peer::Peer;
use ssim::Grey;
use task::Task;

const CORES: usize = 2;
/// Images that are worked on together when throughput is measured.
const COPIES: usize = 8;

fn main() -> Result<()> {
    let rounds = std::env::args()
        .nth(1)
        .map_or(Ok(7), |rounds| rounds.parse())?;
    let mut peer = Peer::start(CORES)?;
    println!(
        "| | sharp ms | overgrow ms | faster | sharp KB · SSIM | overgrow KB · SSIM | images/s on {CORES} cores |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for task in task::all()? {
        row(&task, &mut peer, rounds)?;
    }
    Ok(())
}

fn row(task: &Task, peer: &mut Peer, rounds: usize) -> Result<()> {
    // One of each to warm up.
    let (_, theirs) = peer.perform(task, 1)?;
    let ours = task.perform()?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        times.push((peer.perform(task, 1)?.0, alone(task)?));
    }
    let (together, apart) = (peer.perform(task, COPIES)?.0, throughput(task)?);
    let rate = |ms: f64| COPIES as f64 * 1000.0 / ms;
    println!(
        "| {} | {:.1} | {:.1} | {:.2} × | {} | {} | {:.1} · {:.1} |",
        task.name,
        median(times.iter().map(|(theirs, _)| *theirs)),
        median(times.iter().map(|(_, ours)| *ours)),
        median(times.iter().map(|(theirs, ours)| theirs / ours)),
        worth(task, &theirs)?,
        worth(task, &ours)?,
        rate(together),
        rate(apart),
    );
    Ok(())
}

fn alone(task: &Task) -> Result<f64> {
    let began = Instant::now();
    task.perform()?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// Milliseconds for [`COPIES`] on [`CORES`] threads.
fn throughput(task: &Task) -> Result<f64> {
    let began = Instant::now();
    std::thread::scope(|scope| {
        let share = || (0..COPIES / CORES).try_for_each(|_| task.perform().map(drop));
        let threads: Vec<_> = (0..CORES).map(|_| scope.spawn(share)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// Size and likeness to the original, shrunk without loss.
fn worth(task: &Task, result: &Bytes) -> Result<String> {
    let info = inspect(result)?;
    let shown = Grey::of(&decode(result, Wanted::Full, &Limits::default())?);
    let reference = Grey::of(&task.original).shrunk(info.width, info.height)?;
    Ok(format!(
        "{:.1} · {:.4}",
        result.len() as f64 / 1000.0,
        shown.ssim(&reference)?
    ))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
