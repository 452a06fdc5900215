//! A handler that leaves a request to the legacy: no failure, and no `fallback` needed.

use crate::in_process::{InProcess, native};
use anyhow::{Context, Result};
use http::{Request, Response};
use http_body_util::BodyExt;
use overgrow::{Builder, Overgrow};
use overgrow_handler::{Body, BoxError, Declined, Handler};
use overgrow_tests::admin::{scrape, until_scrape};
use overgrow_tests::ask::{get, post};

/// Answers what has `mine` in its path, after it has read the body either way.
fn choosy() -> Builder {
    let choose = Handler::from_fn(|request: Request<Body>| async move {
        let mine = request.uri().path().contains("mine");
        request.into_body().collect().await?;
        match mine {
            true => Ok(Response::new(Body::from("native"))),
            false => Err::<_, BoxError>(Declined("not_mine").into()),
        }
    });
    Overgrow::builder().handler("choosy", choose.declining())
}

#[tokio::test]
async fn what_a_handler_declines_the_legacy_answers_with_the_whole_body() -> Result<()> {
    let sidecar = InProcess::start(choosy(), &native("choosy", "")).await?;
    let body = "0123456789".repeat(20_000);
    let ask = post("/choosy/other", body.clone()).header("x-overgrow-debug", "1");
    let answer = ask.send(sidecar.to()?).await?;
    assert_eq!(answer.header("x-overgrow-backend"), Some("legacy"));
    let said: serde_json::Value = serde_json::from_str(&answer.text())?;
    assert_eq!(said["body"].as_str().context("a body")?, body);
    let counted = scrape(sidecar.admin()?).await?;
    let labels = [("route", "choosy"), ("reason", "not_mine")];
    assert_eq!(counted.sum("overgrow_fallback_total", &labels), 1.0);
    Ok(())
}

#[tokio::test]
async fn what_it_takes_it_answers() -> Result<()> {
    let sidecar = InProcess::start(choosy(), &native("choosy", "")).await?;
    let answer = post("/choosy/mine", "x").send(sidecar.to()?).await?;
    assert_eq!(answer.text(), "native");
    assert_eq!(sidecar.legacy.asked(), 0);
    Ok(())
}

/// Whichever side serves, there is no second answer to compare, and nothing is lost either.
async fn is_not_compared(dial: &str) -> Result<()> {
    let route =
        "[[route]]\nid = \"choosy\"\nmatch = { path = \"/choosy/*\" }\nhandler = \"choosy\"\n";
    let keys = format!("rust = {dial}\nshadow = {{ sample = 100, aa = 0 }}\n");
    let sidecar = InProcess::start(choosy(), &format!("{route}{keys}")).await?;
    let answer = get("/choosy/other").send(sidecar.to()?).await?;
    assert_eq!(answer.status(), 200);
    let labels = [("route", "choosy"), ("outcome", "declined")];
    until_scrape(sidecar.admin()?, "it is counted as declined", |scrape| {
        scrape.sum("overgrow_shadow_total", &labels) == 1.0
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn what_is_declined_when_asked_off_the_path_is_not_compared() -> Result<()> {
    is_not_compared("false").await
}

#[tokio::test]
async fn what_is_declined_while_it_serves_is_not_compared() -> Result<()> {
    is_not_compared("true").await
}
