//! When routes.toml cannot be read or written: a rollback is made all the same, and said.

use anyhow::Result;
use overgrow_tests::admin::{scrape, until_config};

use crate::stage::{LONG, Mood, Stage, route};

fn lines() -> String {
    route(&format!(
        "rust = 50\nfallback = false\nshadow = {{ sample = 100 }}\ngate = {LONG}"
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_elsewhere_in_the_file_does_not_keep_a_route_up() -> Result<()> {
    let stage = Stage::start(&lines()).await?;
    let admin = stage.sidecar.admin();
    let traffic = stage.traffic();
    traffic.more(20).await?;
    stage
        .sidecar
        .edit(&format!("{}\nfallbck = true\n", stage.text()?))?;
    until_config(admin, "a fault", |config| config["synchronized"] == false).await?;

    stage.native.turn(Mood::Broken);
    stage.until_moved("pilot", 0.0).await?;
    assert!(
        stage.line()?.starts_with("rust = 0  # pilot "),
        "{}",
        stage.line()?
    );
    assert_eq!(stage.row().await?["rust"], 0, "what runs is down as well");
    let failed = traffic.seen().failed;
    assert_eq!(traffic.more(50).await?.failed, failed);

    // Once the fault is gone the file is what runs, and the move was one.
    stage
        .sidecar
        .edit(&stage.text()?.replace("fallbck = true\n", ""))?;
    until_config(admin, "no fault", |config| config["synchronized"] == true).await?;
    assert_eq!(stage.moves().await?.len(), 2);
    assert_eq!(stage.stance().await?.0, "rolled-back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_cannot_be_written_is_made_said_and_written_later() -> Result<()> {
    let stage = Stage::start(&lines()).await?;
    let admin = stage.sidecar.admin();
    let good = stage.text()?;
    let traffic = stage.traffic();
    traffic.more(20).await?;
    stage.sidecar.edit(&format!("{good}\n[[route\n"))?;
    until_config(admin, "no TOML", |config| config["synchronized"] == false).await?;

    stage.native.turn(Mood::Broken);
    stage.until_moved("pilot", 0.0).await?;
    assert_eq!(stage.row().await?["rust"], 0);
    let (state, why) = stage.stance().await?;
    assert_eq!(state, "rolled-back");
    assert!(why.contains("the file is not TOML"), "{why}");
    let seen = scrape(admin).await?;
    assert!(seen.sum("overgrow_pilot_edit_failures_total", &[("route", "prices")]) >= 1.0);

    // A file that is mended and knows nothing of it does not bring the route back.
    stage.sidecar.edit(&good)?;
    let failed = traffic.seen().failed;
    until_config(admin, "the file and what runs agree", |config| {
        config["synchronized"] == true
    })
    .await?;
    assert!(
        stage.line()?.starts_with("rust = 0  # pilot "),
        "{}",
        stage.line()?
    );
    assert_eq!(traffic.more(20).await?.failed, failed);
    assert_eq!(stage.stance().await?.0, "rolled-back");
    Ok(())
}
