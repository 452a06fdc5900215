//! A staging run, as an operator would see it: the real gateway, a sidecar with its pilot on, Prometheus, mixed traffic. The
//! pilot takes the hooks from 0 to 100 on evidence; then a defect is planted in the native handler, and they are back at 0.
//!
//! `make staging` prints the report; `make test` runs it too. The surprise: it asserts counts and never times, because a shared
//! machine makes seconds of milliseconds. The times are in the report.

mod clients;
mod defect;
mod report;
mod stage;

use anyhow::{Result, ensure};
use clients::Clients;
use report::Report;
use stage::{HOOKS, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pilot_takes_the_hooks_to_100_and_back_when_a_defect_is_planted() -> Result<()> {
    let stage = Stage::set().await?;
    let clients = Clients::start(stage.traffic());
    let mut report = Report::begin();

    report.mark("0 %: the legacy answers, the native hooks are asked the same");
    stage.until_dial(100.0).await?;
    report.mark("100 %: the native hooks answer");
    clients.another(300).await?;
    let row = "tr[data-route=hooks] .c-rps .rust .v";
    stage.picture("migrated.png", "#/", row).await?;

    ensure!(
        stage.defect().served() == 0,
        "nothing is planted so far, and {} answers are broken",
        stage.defect().served()
    );
    report.mark("a defect is planted: every native answer is a 500");
    stage.defect().plant();
    stage.until_dial(0.0).await?;
    report.mark("0 %: rolled back");
    let alert = stage.until_alert("OvergrowPilotRolledBack").await?;
    report.mark(&format!("Prometheus says: {alert}"));
    clients.another(300).await?;
    stage
        .picture(
            "rolled-back.png",
            &format!("#/route/{HOOKS}"),
            ".plain tbody tr",
        )
        .await?;

    let seen = clients.stop().await?;
    let moves = stage.moves().await?;
    report.tell(&stage, &seen, &moves).await?;
    judge(&stage, &seen, &moves)
}

/// What the run is there to show.
fn judge(stage: &Stage, seen: &clients::Seen, moves: &[stage::Move]) -> Result<()> {
    let walked: Vec<f64> = moves.iter().map(|step| step.to).collect();
    ensure!(
        walked == [5.0, 25.0, 50.0, 100.0, 0.0],
        "the dial went {walked:?}"
    );
    ensure!(
        moves
            .iter()
            .all(|step| step.by == "pilot" && !step.why.is_empty()),
        "every move is the pilot's, with its grounds: {moves:?}"
    );
    ensure!(
        seen.broken() == stage.defect().served(),
        "the planted defect broke {} answers, and clients saw {}",
        stage.defect().served(),
        seen.broken()
    );
    ensure!(seen.failures().is_empty(), "{:#?}", seen.failures());
    ensure!(seen.broken() > 0, "a defect that nobody met shows nothing");
    Ok(())
}
