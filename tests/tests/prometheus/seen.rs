//! Everything that is published has something to show: queries, rules and the reference, asked after one scene.
//!
//! One test and not three, because the scene is what takes time.

use crate::scene::Scene;
use crate::{alerts, dashboards, reference};
use anyhow::{Result, ensure};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_every_rule_and_every_metric_has_data() -> Result<()> {
    let scene = Scene::play().await?;
    let missing = [
        dashboards::unanswered(&scene.prometheus).await?,
        alerts::unanswered(&scene.prometheus).await?,
        reference::differences(scene.sidecar.admin()).await?,
    ];
    let missing = missing.concat();
    ensure!(missing.is_empty(), "no data:\n{}", missing.join("\n"));
    let told = alerts::told_of_the_refused_file(&scene.prometheus).await?;
    let instance = scene.sidecar.admin().to_string();
    ensure!(
        told.contains(&instance) && told.contains("overgrow check"),
        "{told}"
    );
    Ok(())
}
