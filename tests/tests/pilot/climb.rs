//! Up the steps, on evidence and not without it.

use anyhow::Result;
use overgrow_tests::admin::{scrape, until};
use overgrow_tests::shadow::until_report;

use crate::stage::{GATE, Mood, Stage, route};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_whose_sides_agree_is_walked_to_its_last_step() -> Result<()> {
    let lines = format!("rust = 0 # ours\nshadow = {{ sample = 100 }}\ngate = {GATE}");
    let stage = Stage::start(&route(&lines)).await?;
    let traffic = stage.traffic();
    for step in [5.0, 25.0, 50.0, 100.0] {
        stage.until_moved("pilot", step).await?;
    }
    let tos: Vec<f64> = stage.moves().await?.into_iter().map(|(_, to)| to).collect();
    assert_eq!(tos, [100.0, 50.0, 25.0, 5.0, 0.0]);
    let line = stage.line()?;
    assert!(line.starts_with("rust = 100 # ours # pilot 2"), "{line}");
    assert!(line.contains(" 50 -> 100: "), "{line}");
    let arrived = async || {
        let (state, why) = stage.stance().await?;
        Ok((state == "done" && why.contains("at the last step")).then_some(()))
    };
    until("the last step", arrived).await?;

    let seen = scrape(stage.sidecar.admin()).await?;
    let labels = [("route", "prices"), ("direction", "promote")];
    assert_eq!(seen.sum("overgrow_pilot_moves_total", &labels), 4.0);
    let done = [("route", "prices"), ("state", "done")];
    assert_eq!(seen.sum("overgrow_pilot_state", &done), 1.0);
    assert_eq!(
        seen.sum("overgrow_pilot_state", &[("route", "prices")]),
        1.0
    );
    assert_eq!(traffic.seen().failed, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_whose_sides_differ_stays_and_says_why() -> Result<()> {
    let lines = format!("rust = 0\nshadow = {{ sample = 100 }}\ngate = {GATE}");
    let stage = Stage::start(&route(&lines)).await?;
    stage.native.turn(Mood::Odd);
    let _traffic = stage.traffic();
    let admin = stage.sidecar.admin();
    until_report(admin, "prices", "150 comparisons", |report| {
        report.compared >= 150
    })
    .await?;
    let (state, why) = stage.stance().await?;
    assert_eq!(state, "on");
    assert!(why.contains("is not below 5 %"), "{why}");
    assert_eq!(stage.moves().await?.len(), 1, "it was seen, and not moved");
    assert_eq!(stage.line()?, "rust = 0");
    Ok(())
}
