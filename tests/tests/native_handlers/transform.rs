//! A mapping whose content a JavaScript module makes is the legacy's, and people are told so.

use crate::rig::{HOOKS, hook, in_front_of};
use anyhow::{Result, ensure};
use overgrow_tests::admin::{Scrape, json, scrape};
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::sidecar::{Sidecar, binary};
use std::process::Command;

/// Of the gateway's configuration: mappings that name a module, and those that do not.
const TRANSFORMED: [&str; 3] = ["mapover", "mapskip", "mapthrow"];
const NATIVE: [&str; 2] = ["mapwake", "mapempty"];

fn asked(scrape: &Scrape, backend: &str) -> f64 {
    let labels = [("route", "hooks"), ("backend", backend)];
    scrape.sum("overgrow_requests_total", &labels)
}

fn left(scrape: &Scrape) -> f64 {
    let labels = [("route", "hooks"), ("reason", "transform")];
    scrape.sum("overgrow_fallback_total", &labels)
}

#[tokio::test]
async fn what_a_module_makes_is_answered_by_the_legacy_as_if_it_were_asked_itself() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = in_front_of(&gateway, HOOKS).await?;
    for name in TRANSFORMED.into_iter().chain(NATIVE) {
        let ask = hook(name, OpenClaw::HOOK_TOKEN, r#"{"payload":{"a":1}}"#);
        let (direct, carried) = (
            ask.send(gateway.address()).await?,
            ask.send(sidecar.addr()).await?,
        );
        assert_eq!(
            (carried.status_line, carried.body),
            (direct.status_line, direct.body),
            "{name}"
        );
    }
    let counted = scrape(sidecar.admin()).await?;
    assert_eq!((left(&counted), asked(&counted, "rust")), (3.0, 2.0));
    Ok(())
}

/// The token is asked for here: a stranger's request is not worth the legacy's time.
#[tokio::test]
async fn a_stranger_does_not_reach_the_module() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = in_front_of(&gateway, HOOKS).await?;
    let refused = hook("mapover", "wrong", "{}").send(sidecar.addr()).await?;
    assert_eq!(refused.status(), 401);
    let counted = scrape(sidecar.admin()).await?;
    assert_eq!((left(&counted), asked(&counted, "legacy")), (0.0, 0.0));
    Ok(())
}

#[tokio::test]
async fn status_lists_what_is_left_to_the_legacy() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = in_front_of(&gateway, HOOKS).await?;
    let said = status(&sidecar)?;
    for mapping in ["m-over", "m-skip", "m-throw"] {
        let line = format!(
            "mapping {mapping} is answered by the legacy: its JavaScript transform cannot run here"
        );
        ensure!(said.contains(&line), "{line} is not in\n{said}");
    }
    ensure!(!said.contains("mapping m-wake"), "{said}");
    let routes = json(sidecar.admin(), "/api/routes").await?;
    ensure!(routes.to_string().contains("mapping m-over"), "{routes}");
    Ok(())
}

fn status(sidecar: &Sidecar) -> Result<String> {
    let admin = sidecar.admin().to_string();
    let said = Command::new(binary()?)
        .args(["status", "--admin", &admin])
        .output()?;
    ensure!(said.status.success(), "{said:?}");
    Ok(String::from_utf8(said.stdout)?)
}
