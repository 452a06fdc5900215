//! People: a dial that somebody moves is theirs until they hand it back, also across a restart.

use anyhow::{Result, ensure};
use overgrow_tests::admin::{patch, until};
use overgrow_tests::shadow::until_report;
use overgrow_tests::sidecar::binary;
use std::process::Command;

use crate::stage::{GATE, Stage, route};

fn lines() -> String {
    route(&format!(
        "rust = 0\nshadow = {{ sample = 100 }}\ngate = {GATE}"
    ))
}

/// Replaces the dial's line, as somebody with an editor does.
fn edit(stage: &Stage, line: &str) -> Result<()> {
    let text = stage.text()?.replace(&stage.line()?, line);
    stage.sidecar.edit(&text)
}

fn overgrow(stage: &Stage, arguments: &[&str]) -> Result<()> {
    let done = Command::new(binary()?)
        .args(arguments)
        .arg("-c")
        .arg(stage.sidecar.routes())
        .output()?;
    ensure!(done.status.success(), "{done:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_by_hand_pauses_the_pilot_until_somebody_resumes_it() -> Result<()> {
    let stage = Stage::start(&lines()).await?;
    let _traffic = stage.traffic();
    stage.until_moved("pilot", 5.0).await?;
    edit(&stage, "rust = 10")?;
    stage.until_moved("file", 10.0).await?;
    let why = stage.until_state("paused").await?;
    assert!(why.contains("moved to 10 %"), "{why}");

    // The gate would let it rise, and it does not.
    let admin = stage.sidecar.admin();
    until_report(admin, "prices", "promote", |report| {
        report.state == "promote"
    })
    .await?;
    assert_eq!(stage.line()?, "rust = 10");
    overgrow(&stage, &["pilot", "resume", "prices"])?;
    stage.until_moved("pilot", 25.0).await?;
    let tos: Vec<f64> = stage.moves().await?.into_iter().map(|(_, to)| to).collect();
    assert_eq!(tos, [25.0, 10.0, 10.0, 5.0, 0.0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_names_who_it_was() -> Result<()> {
    let stage = Stage::start(&route("rust = 0")).await?;
    overgrow(&stage, &["set", "prices", "5"])?;
    stage.until_moved("cli", 5.0).await?;
    let admin = stage.sidecar.admin();
    patch("prices", "25").send(admin).await?;
    stage.until_moved("api", 25.0).await?;
    let page = patch("prices", "50, \"by\": \"page\"").send(admin).await?;
    assert_eq!(page.status(), 200, "{}", page.text());
    stage.until_moved("page", 50.0).await?;
    overgrow(&stage, &["rollback", "--all"])?;
    stage.until_moved("cli", 0.0).await?;
    edit(&stage, "rust = 1")?;
    stage.until_moved("file", 1.0).await?;
    let pilot = patch("prices", "50, \"by\": \"pilot\"").send(admin).await?;
    assert_eq!(pilot.status(), 400, "nobody is believed to be the pilot");
    assert_eq!(stage.stance().await?.0, "off");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_neither_the_history_nor_that_it_is_paused() -> Result<()> {
    let stage = Stage::start(&lines()).await?;
    {
        let _traffic = stage.traffic();
        stage.until_moved("pilot", 5.0).await?;
    }
    overgrow(&stage, &["set", "prices", "10"])?;
    stage.until_state("paused").await?;
    let before = stage.moves().await?;

    let again = stage.restart().await?;
    let same = async || Ok(Some(again.moves().await?).filter(|moves| *moves == before));
    until("the same history", same).await?;
    let _traffic = again.traffic();
    let admin = again.sidecar.admin();
    until_report(admin, "prices", "promote", |report| {
        report.state == "promote"
    })
    .await?;
    assert_eq!(again.stance().await?.0, "paused");
    again.resume().await?;
    again.until_moved("pilot", 25.0).await?;
    Ok(())
}
