//! The legacy goes and comes back while clients ask.

use anyhow::Result;
use overgrow_tests::admin::until_config;
use overgrow_tests::ask::get;
use overgrow_tests::load::Load;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::Sidecar;

use crate::rig::{route, with, without};

#[tokio::test]
async fn it_goes_and_comes_back_under_load_and_no_request_is_lost() -> Result<()> {
    const TURNS: usize = 20;
    let (old, new) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let native = route(new.address(), "");
    let texts = [without(&native), with(old.address(), "", &native)];
    let sidecar = Sidecar::start(&texts[1]).await?;
    let load = Load::start(8, sidecar.addr(), &get("/orders/1"));
    for turn in 0..TURNS {
        sidecar.edit(&texts[turn % 2])?;
        let generation = turn + 2;
        until_config(sidecar.admin(), "the edit is taken", |config| {
            config["generation"] == generation
        })
        .await?;
    }
    let record = load.stop().await?;
    assert_eq!(record.failures(), Vec::<String>::new());
    assert_eq!(record.reopened, 0, "a reload closed a connection");
    assert!(record.shots.len() > TURNS, "{}", record.shots.len());
    assert_eq!(old.asked(), 0);
    Ok(())
}

#[tokio::test]
async fn what_it_was_asked_before_it_still_answers() -> Result<()> {
    let (old, new) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let native = route(new.address(), "");
    let sidecar = Sidecar::start(&with(old.address(), "", &native)).await?;
    let to = sidecar.addr();
    let held = tokio::spawn(async move { get("/hold").send(to).await });
    old.holds(1).await;
    sidecar.edit(&without(&native))?;
    until_config(sidecar.admin(), "it is gone", |config| {
        config["generation"] == 2
    })
    .await?;
    assert_eq!(get("/hold").send(to).await?.status(), 404);
    old.release();
    let answer = held.await??;
    assert_eq!(
        (answer.status(), answer.header("x-backend")),
        (200, Some("legacy"))
    );
    Ok(())
}

#[tokio::test]
async fn a_file_that_still_needs_it_changes_nothing() -> Result<()> {
    let (old, new) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let native = route(new.address(), "");
    let sidecar = Sidecar::start(&with(old.address(), "", &native)).await?;
    sidecar.edit(&without(&native.replace("rust = true", "rust = 99.99")))?;
    let config = until_config(sidecar.admin(), "it is refused", |config| {
        config["synchronized"] == false
    })
    .await?;
    assert_eq!(config["generation"], 1);
    let expect = "`orders` answers 99.99 % of its requests, and no legacy is named for the rest";
    assert!(
        config["error"]
            .as_str()
            .unwrap_or_default()
            .contains(expect),
        "{config}"
    );
    let answer = get("/elsewhere").send(sidecar.addr()).await?;
    assert_eq!(answer.header("x-backend"), Some("legacy"));
    Ok(())
}
