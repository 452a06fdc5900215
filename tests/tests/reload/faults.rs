//! A file that cannot be taken over, or not all of it.

use crate::sides::{Sides, side, until_side};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use overgrow_tests::admin::{json, scrape, until_config, until_scrape};
use overgrow_tests::ask::get;
use overgrow_tests::sidecar::Sidecar;
use std::fs;
use std::time::Duration;

#[tokio::test]
async fn a_hang_up_reads_the_file_again() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    sidecar.edit(&format!("{}\nnonsense = 1\n", sides.before()))?;
    until_scrape(sidecar.admin(), "the first report", |scrape| {
        scrape.sum("overgrow_reload_total", &[("result", "rejected")]) == 1.0
    })
    .await?;
    // The same content again: nothing but the signal can bring on a second report.
    sidecar.process().signal(Signal::SIGHUP)?;
    until_scrape(sidecar.admin(), "the second report", |scrape| {
        scrape.sum("overgrow_reload_total", &[("result", "rejected")]) == 2.0
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_shows_everywhere() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.after()).await?;
    let (to, admin) = (sidecar.addr(), sidecar.admin());
    sidecar.edit(&sides.before().replace("rust = 0", "rsut = 0"))?;
    let config = until_config(admin, "the report", |config| {
        config["synchronized"] == false
    })
    .await?;
    let error = config["error"].as_str().context("an error")?;
    assert!(
        error.contains("rsut = 0") && error.contains("did you mean"),
        "{error}"
    );
    assert_eq!(config["generation"], 1);
    assert_eq!(
        config["faults"][0]["line"].as_u64(),
        line_of(&sides.before(), "rust = 0")
    );
    let metrics = scrape(admin).await?;
    assert_eq!(metrics.sum("overgrow_config_synchronized", &[]), 0.0);
    assert_eq!(metrics.sum("overgrow_config_generation", &[]), 1.0);
    let in_the_log = |line: &str| line.contains("| rsut = 0").then_some(());
    sidecar
        .process()
        .line(Duration::from_secs(5), in_the_log)
        .await?;
    assert_eq!(side(&get("/").send(to).await?), "rust");

    sidecar.edit(&sides.before())?;
    until_side(to, "legacy").await?;
    let config = json(admin, "/api/config").await?;
    assert_eq!(
        (&config["synchronized"], &config["error"]),
        (&true.into(), &().into())
    );
    assert_eq!(
        scrape(admin)
            .await?
            .sum("overgrow_config_synchronized", &[]),
        1.0
    );
    Ok(())
}

fn line_of(text: &str, line: &str) -> Option<u64> {
    text.lines()
        .zip(1..)
        .find(|(text, _)| *text == line)
        .map(|(_, number)| number)
}

#[tokio::test]
async fn going_back_to_what_runs_ends_a_fault() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.after()).await?;
    sidecar.edit("not toml at all")?;
    until_config(sidecar.admin(), "the fault", |config| {
        config["synchronized"] == false
    })
    .await?;
    sidecar.edit(&sides.after())?;
    let config = until_config(sidecar.admin(), "its end", |config| {
        config["synchronized"] == true
    })
    .await?;
    assert_eq!(config["generation"], 1);
    Ok(())
}

#[tokio::test]
async fn server_keys_that_changed_are_named() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    let changed = sides
        .after()
        .replace("[server]", "[server]\ndrain = \"3s\"\nthreads = 1");
    sidecar.edit(&changed)?;
    let config = until_config(sidecar.admin(), "the keys", |config| {
        config["needs_restart"] == serde_json::json!(["threads", "drain"])
    })
    .await?;
    assert_eq!(config["synchronized"], true);
    // What is not of [server] is at work all the same.
    assert_eq!(side(&get("/").send(sidecar.addr()).await?), "rust");
    sidecar.edit(&sides.after())?;
    until_config(sidecar.admin(), "no key", |config| {
        config["needs_restart"] == serde_json::json!([])
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_deleted_file_keeps_what_runs_until_it_is_back() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.after()).await?;
    let (to, admin) = (sidecar.addr(), sidecar.admin());
    fs::remove_file(sidecar.routes())?;
    let config = until_config(admin, "the report", |config| {
        config["synchronized"] == false
    })
    .await?;
    let error = config["error"].as_str().unwrap_or_default();
    assert!(error.contains("cannot read"), "{error}");
    assert_eq!(side(&get("/").send(to).await?), "rust");

    sidecar.edit(&sides.after())?;
    until_config(admin, "the same file again", |config| {
        config["synchronized"] == true
    })
    .await?;
    fs::remove_file(sidecar.routes())?;
    until_config(admin, "the second report", |config| {
        config["synchronized"] == false
    })
    .await?;
    sidecar.edit(&sides.before())?;
    until_side(to, "legacy").await
}
