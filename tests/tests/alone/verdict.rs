//! Whether the legacy is said to be needed, and why.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use overgrow_tests::admin::{json, scrape, until, until_config};
use overgrow_tests::ask::{Client, get};
use overgrow_tests::origin::Origin;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{self, Sidecar};

use crate::rig::{idle, legacy, route, why, with, without};

/// A gate that a hundred equal answers pass, however busy the machine is.
const EASY: &str = "shadow = { sample = 100 }\n\
    gate = { mismatch = 50, latency = 1000, errors = 100, hold = \"1ms\" }";

/// Enough for the gate's condition on latency.
const ASKED: usize = 120;

fn status(sidecar: &Sidecar) -> Result<String> {
    let output = Command::new(sidecar::binary()?)
        .args(["status", "--admin", &sidecar.admin().to_string()])
        .current_dir(sidecar.folder())
        .output()?;
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn a_legacy_that_nobody_needs_is_switched_off_and_nobody_notices() -> Result<()> {
    let (old, new) = (Origin::start().await?, Origin::start().await?);
    let file = with(old.address(), "idle = \"1s\"", &route(new.address(), EASY));
    let sidecar = Sidecar::start(&file).await?;
    let admin = sidecar.admin();

    let first = legacy(admin).await?;
    assert_eq!(first["needed"], true);
    assert!(
        why(&first).starts_with("needed: the gate of orders does not hold"),
        "{first}"
    );
    let mut client = Client::new(sidecar.addr());
    for _ in 0..ASKED {
        assert_eq!(client.ask(&get("/orders/1")).await?.status(), 200);
    }
    // A request that no route takes is the legacy's.
    assert_eq!(client.ask(&get("/elsewhere")).await?.status(), 200);
    until_config(admin, "it can go", |config| {
        config["legacy"]["state"] == "can-go"
    })
    .await?;
    assert_eq!(scrape(admin).await?.sum("overgrow_legacy_needed", &[]), 0.0);
    assert!(
        scrape(admin)
            .await?
            .sum("overgrow_legacy_idle_seconds", &[])
            >= 1.0
    );
    let told = status(&sidecar)?;
    assert!(
        told.contains("legacy     can be switched off: every route is native"),
        "{told}"
    );

    sidecar.edit(&without(&route(new.address(), "")))?;
    until_config(admin, "it is gone", |config| config["generation"] == 2).await?;
    old.stop().await;
    assert_eq!(client.ask(&get("/orders/1")).await?.status(), 200);
    assert_eq!(client.ask(&get("/elsewhere")).await?.status(), 404);
    let gone = legacy(admin).await?;
    assert_eq!(
        (&gone["needed"], &gone["state"]),
        (&false.into(), &"gone".into())
    );
    assert!(!scrape(admin).await?.has("overgrow_legacy_idle_seconds"));
    assert!(
        !json(admin, "/api/config").await?["upstreams"]
            .to_string()
            .contains(&old_address(&file))
    );
    let told = status(&sidecar)?;
    assert!(
        told.contains("legacy     none: routes.toml names no legacy"),
        "{told}"
    );
    Ok(())
}

fn old_address(file: &str) -> String {
    let after = file
        .split("[legacy]\nurl = \"http://")
        .nth(1)
        .unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_single_request_begins_the_count_anew() -> Result<()> {
    let (old, new) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let sidecar = Sidecar::start(&with(old.address(), "", &route(new.address(), ""))).await?;
    let admin = sidecar.admin();
    for request in [
        get("/elsewhere"),
        get("/orders/1").header("x-overgrow-backend", "legacy"),
    ] {
        until("two idle seconds", async || {
            Ok((idle(admin).await? >= 2).then_some(()))
        })
        .await?;
        assert_eq!(get("/orders/1").send(sidecar.addr()).await?.status(), 200);
        assert!(idle(admin).await? >= 2, "rust answered it");
        assert_eq!(request.send(sidecar.addr()).await?.status(), 200);
        assert!(idle(admin).await? < 2, "{request:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_still_open_needs_it() -> Result<()> {
    let (old, new) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let sidecar = Sidecar::start(&with(old.address(), "", &route(new.address(), ""))).await?;
    let to = sidecar.addr();
    let held = tokio::spawn(async move { get("/hold").send(to).await });
    old.holds(1).await;
    let now = legacy(sidecar.admin()).await?;
    assert!(
        why(&now).contains("1 request or WebSocket is open to it"),
        "{now}"
    );
    old.release();
    assert_eq!(held.await??.status(), 200);
    Ok(())
}

#[tokio::test]
async fn an_orderly_restart_keeps_the_count_and_a_killed_process_does_not() -> Result<()> {
    let (old, new) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let sidecar = Sidecar::start(&with(old.address(), "", &route(new.address(), ""))).await?;
    let admin = sidecar.admin();
    until("three idle seconds", async || {
        Ok((idle(admin).await? >= 3).then_some(()))
    })
    .await?;
    sidecar.process().stop().await?;
    let again = sidecar.again()?.ready().await?;
    assert!(idle(again.admin()).await? >= 3);
    again.process().signal(Signal::SIGKILL)?;
    again.process().ended(Duration::from_secs(10)).await?;
    let after = again.again()?.ready().await?;
    assert!(idle(after.admin()).await? < 3);
    Ok(())
}

#[tokio::test]
async fn hooks_need_the_gateway_whatever_their_dial_says() -> Result<()> {
    let old = Service::start("legacy").await?;
    let folder = sidecar::folder()?;
    let settings = r#"{ "hooks": { "enabled": true, "token": "a-token-of-sixteen-letters" } }"#;
    std::fs::write(folder.path().join("openclaw.json"), settings)?;
    let route = "[[route]]\nid = \"hooks\"\nmatch = { path = \"/hooks/*\" }\nhandler = \"hooks\"\nrust = true\n";
    let config = format!("config = {:?}", folder.path().join("openclaw.json"));
    let sidecar = Sidecar::start(&with(old.address(), &config, route)).await?;
    let now = legacy(sidecar.admin()).await?;
    let left = "it does what is left by hooks (agents' turns run at the legacy, and 1 more)";
    assert!(why(&now).contains(left), "{now}");

    let alone = without(route).replace("[[route]]", &format!("[legacy]\n{config}\n[[route]]"));
    sidecar.edit(&alone)?;
    let refused = until_config(sidecar.admin(), "it is refused", |config| {
        config["synchronized"] == false
    })
    .await?;
    let error = refused["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("`hooks` leaves part of `hooks` to the legacy, and none is named"),
        "{error}"
    );
    Ok(())
}
