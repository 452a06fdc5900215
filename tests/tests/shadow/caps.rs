//! Past a cap the comparison is given up, and the client's stream goes on untouched.

use crate::front::{ROUTE, shadowed_by};
use anyhow::{Result, ensure};
use overgrow_tests::ask::{get, post};
use overgrow_tests::origin::Origin;
use overgrow_tests::shadow::{ended, judged, until_ended};
use overgrow_tests::sidecar::{Sidecar, routes_toml};

const CAP: usize = 16 * 1024;

/// Two origins that answer alike, and a sidecar that keeps 16 KiB of a body.
async fn start() -> Result<(Origin, Origin, Sidecar)> {
    let (legacy, rust) = (Origin::start().await?, Origin::start().await?);
    let keys = "writes = \"send\", request_body = \"16KiB\", response_body = \"16KiB\"";
    let routes = routes_toml(legacy.address(), &shadowed_by(rust.address(), keys));
    let sidecar = Sidecar::start(&routes).await?;
    Ok((legacy, rust, sidecar))
}

async fn upload(bytes: usize, outcome: &str) -> Result<()> {
    let (legacy, rust, sidecar) = start().await?;
    let answer = post("/up", vec![b'x'; bytes]).send(sidecar.addr()).await?;
    assert_eq!((answer.status(), answer.text()), (200, bytes.to_string()));
    let scrape = until_ended(sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, outcome), 1);
    assert_eq!(legacy.completed(), 1);
    assert_eq!(rust.completed(), usize::from(outcome == "compared"));
    Ok(())
}

async fn download(bytes: usize, outcome: &str) -> Result<()> {
    let (_legacy, _rust, sidecar) = start().await?;
    let answer = get(&format!("/down/{bytes}")).send(sidecar.addr()).await?;
    ensure!(answer.complete && answer.body == vec![b'x'; bytes]);
    let scrape = until_ended(sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, outcome), 1);
    let matched = u64::from(outcome == "compared");
    assert_eq!(judged(&scrape, ROUTE, "match"), matched);
    Ok(())
}

#[tokio::test]
async fn a_request_body_up_to_the_cap_is_compared() -> Result<()> {
    upload(CAP, "compared").await
}

#[tokio::test]
async fn a_request_body_past_the_cap_is_not() -> Result<()> {
    upload(CAP + 1, "oversize").await?;
    upload(4 << 20, "oversize").await
}

#[tokio::test]
async fn an_answer_up_to_the_cap_is_compared() -> Result<()> {
    download(CAP, "compared").await
}

#[tokio::test]
async fn an_answer_past_the_cap_is_not() -> Result<()> {
    download(CAP + 1, "oversize").await?;
    download(16 << 20, "oversize").await
}
