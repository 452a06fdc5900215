//! Evidence outlives the process that gathered it, and a broken ledger outlives nobody.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use overgrow_tests::admin::until;
use overgrow_tests::ask::get;
use overgrow_tests::legacy::Volatile;
use overgrow_tests::load::Load;
use overgrow_tests::shadow::{Report, until_report};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const ROUTE: &str = "orders";

struct Kept {
    sidecar: Sidecar,
    _legacy: Volatile,
    _rust: Volatile,
}

async fn start() -> Result<Kept> {
    let flags = ["--name", "rust", "--seed", "2", "--plant", "field"];
    let (legacy, rust) = tokio::try_join!(Volatile::start(&[]), Volatile::start(&flags))?;
    let route = format!(
        "[[route]]\nid = \"{ROUTE}\"\nmatch = {{ path = \"/*\" }}\nhandler = \"http://{}\"\nrust = false\n\
         shadow = {{ sample = 100, aa = 100 }}\n",
        rust.address()
    );
    let sidecar = Sidecar::start(&routes_toml(legacy.address(), &route)).await?;
    Ok(Kept {
        sidecar,
        _legacy: legacy,
        _rust: rust,
    })
}

async fn compared(sidecar: &Sidecar, least: u64) -> Result<Report> {
    let what = format!("{least} comparisons");
    let enough = |report: &Report| report.compared >= least;
    until_report(sidecar.admin(), ROUTE, &what, enough).await
}

fn total(report: &Report) -> u64 {
    let total = report
        .differences
        .iter()
        .find(|found| found.place == "json:/total");
    total.map_or(0, |found| found.count)
}

fn data(sidecar: &Sidecar) -> PathBuf {
    sidecar.folder().join("overgrow-data")
}

/// Waits until what is known now is on the disk: the second write from now on has begun after it was known.
async fn written(sidecar: &Sidecar) -> Result<()> {
    let data = data(sidecar);
    let mut since = SystemTime::now();
    for _ in 0..2 {
        since = until("a write to the ledger", async || {
            let newest = newest(&data)?;
            Ok(newest.filter(|newest| *newest > since))
        })
        .await?;
    }
    Ok(())
}

/// When one of the files below a folder was last written.
fn newest(folder: &Path) -> Result<Option<SystemTime>> {
    let files = files(folder)?;
    // A file may be gone since it was listed.
    let times = files
        .iter()
        .filter_map(|file| file.metadata().ok()?.modified().ok());
    Ok(times.max())
}

/// All files below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(self::files(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

#[tokio::test]
async fn a_kill_in_the_middle_of_traffic_costs_no_more_than_the_last_moments() -> Result<()> {
    let kept = start().await?;
    let load = Load::start(4, kept.sidecar.addr(), &get("/orders/7"));
    let before = compared(&kept.sidecar, 300).await?;
    written(&kept.sidecar).await?;
    kept.sidecar.process().signal(Signal::SIGKILL)?;
    kept.sidecar.process().ended(Duration::from_secs(5)).await?;
    drop(load);

    let again = kept.sidecar.again()?.ready().await?;
    let after = compared(&again, before.compared).await?;
    ensure!(
        total(&after) >= total(&before),
        "{after:?} after {before:?}"
    );
    assert_eq!(after.found("real"), [("json:/total", "value")], "{after:?}");
    let load = Load::start(2, again.addr(), &get("/orders/7"));
    let later = compared(&again, after.compared + 100).await?;
    let record = load.stop().await?;
    ensure!(record.failures().is_empty(), "{:?}", record.failures());
    ensure!(later.mismatched > after.mismatched && total(&later) > total(&after));
    Ok(())
}

#[tokio::test]
async fn an_orderly_end_loses_nothing() -> Result<()> {
    let kept = start().await?;
    for _ in 0..40 {
        get("/orders/7").send(kept.sidecar.addr()).await?;
    }
    let before = compared(&kept.sidecar, 40).await?;
    kept.sidecar.process().stop().await?;
    let again = kept.sidecar.again()?.ready().await?;
    let after = compared(&again, 40).await?;
    assert_eq!(
        (after.compared, after.mismatched, after.bound),
        (before.compared, before.mismatched, before.bound)
    );
    Ok(())
}

#[tokio::test]
async fn a_corrupt_ledger_is_set_aside_and_the_sidecar_starts() -> Result<()> {
    let kept = start().await?;
    for _ in 0..40 {
        get("/orders/7").send(kept.sidecar.addr()).await?;
    }
    compared(&kept.sidecar, 40).await?;
    kept.sidecar.process().stop().await?;
    let data = data(&kept.sidecar);
    let ledgers = files(&data)?;
    ensure!(!ledgers.is_empty(), "nothing in {}", data.display());
    for ledger in &ledgers {
        std::fs::write(
            ledger,
            b"this is not a database, whatever its name says".repeat(100),
        )?;
    }

    let again = kept.sidecar.again()?.ready().await?;
    let told = |line: &str| line.contains("ledger").then(|| line.to_owned());
    let line = again.process().line(Duration::from_secs(5), told).await?;
    println!("{line}");
    ensure!(files(&data)?.len() > 1, "nothing was set aside");
    for _ in 0..10 {
        let answer = get("/orders/7").send(again.addr()).await?;
        assert_eq!(answer.status(), 200);
    }
    let fresh = compared(&again, 10).await?;
    assert_eq!(fresh.compared, 10, "{fresh:?}");
    Ok(())
}
