//! Everything that is published has something to show: queries, rules and the reference, asked after one scene.
//!
//! One test and not three, because the scene is what takes time.

use crate::scene::Scene;
use crate::{alerts, dashboards, reference};
use anyhow::{Result, ensure};
use overgrow_tests::ask::get;

/// Families that are in the rules, the dashboards and the reference, and that no sidecar tells yet. A family that is told is not
/// awaited any more: then this test fails until its name is taken out here.
const AWAITED: [&str; 2] = ["overgrow_evidence", "overgrow_route_held_seconds"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_every_rule_and_every_metric_has_data() -> Result<()> {
    let scene = Scene::play().await?;
    let missing = [
        dashboards::unanswered(&scene.prometheus).await?,
        alerts::unanswered(&scene.prometheus).await?,
        reference::differences(scene.sidecar.admin()).await?,
    ];
    let is_awaited = |text: &str| AWAITED.iter().any(|family| text.contains(family));
    let missing: Vec<_> = missing
        .concat()
        .into_iter()
        .filter(|text| !is_awaited(text))
        .collect();
    ensure!(missing.is_empty(), "no data:\n{}", missing.join("\n"));
    let scraped = get("/metrics").send(scene.sidecar.admin()).await?.text();
    ensure!(!is_awaited(&scraped), "there is one of {AWAITED:?}");
    let told = alerts::told_of_the_refused_file(&scene.prometheus).await?;
    let instance = scene.sidecar.admin().to_string();
    ensure!(
        told.contains(&instance) && told.contains("overgrow check"),
        "{told}"
    );
    Ok(())
}
