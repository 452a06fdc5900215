//! Clients that leave midway, and streams that nobody waits out: nobody is asked half a question, and nothing is left behind.

use crate::front::{Pair, ROUTE, shadowed_by};
use anyhow::Result;
use overgrow_tests::admin::until_scrape;
use overgrow_tests::ask::get;
use overgrow_tests::hostile::{Conduct, Hostile};
use overgrow_tests::raw::Wire;
use overgrow_tests::service::Service;
use overgrow_tests::shadow::{ended, until_ended};
use overgrow_tests::sidecar::{Sidecar, routes_toml};

#[tokio::test]
async fn an_upload_that_breaks_off_is_put_to_nobody_else() -> Result<()> {
    let pair = Pair::start("false", "writes = \"send\"", &[]).await?;
    let mut wire = Wire::connect(pair.sidecar.addr()).await?;
    wire.send(b"POST /writes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        .await?;
    drop(wire);
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, "incomplete"), 1);
    assert_eq!(pair.rust.asked().await?, []);
    Ok(())
}

#[tokio::test]
async fn a_client_that_leaves_before_its_answer_ends_the_comparison() -> Result<()> {
    let (legacy, rust) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    rust.release();
    let routes = routes_toml(legacy.address(), &shadowed_by(rust.address(), ""));
    let sidecar = Sidecar::start(&routes).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    wire.send(&get("/hold").bytes()).await?;
    legacy.holds(1).await;
    rust.holds(1).await;
    drop(wire);
    let scrape = until_ended(sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, "incomplete"), 1);
    until_scrape(sidecar.admin(), "nothing in flight", |scrape| {
        scrape.sum("overgrow_in_flight", &[]) == 0.0
    })
    .await?;
    // Whoever comes next is compared as ever.
    legacy.release();
    get("/hold").send(sidecar.addr()).await?;
    let scrape = until_ended(sidecar.admin(), ROUTE, 2).await?;
    assert_eq!(ended(&scrape, ROUTE, "compared"), 1);
    Ok(())
}

#[tokio::test]
async fn a_stream_reaches_its_client_while_it_is_copied() -> Result<()> {
    let legacy = Hostile::start(Conduct::Drip).await?;
    let rust = Hostile::start(Conduct::Hang).await?;
    let shadowed = shadowed_by(rust.address(), "timeout = \"60s\"");
    let sidecar = Sidecar::start(&routes_toml(legacy.address(), &shadowed)).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    wire.send(&get("/stream").bytes()).await?;
    let mut read = Vec::new();
    while !read.ends_with(b"1\r\n \r\n1\r\n \r\n") {
        read.extend(wire.bytes(1).await?);
    }
    drop(wire);
    until_scrape(sidecar.admin(), "nothing in flight", |scrape| {
        scrape.sum("overgrow_in_flight", &[]) == 0.0
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_websocket_is_put_to_nobody_else() -> Result<()> {
    let pair = Pair::start("false", "", &[]).await?;
    let upgrade = get("/orders/7")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    // Node has nobody who listens for upgrades and answers as if it were a plain request, or hangs up.
    let _ = upgrade.send(pair.sidecar.addr()).await;
    get("/cached").send(pair.sidecar.addr()).await?;
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, "compared"), 1);
    let asked = pair.rust.asked().await?;
    let urls: Vec<_> = asked.iter().map(|asked| asked.url.as_str()).collect();
    assert_eq!(urls, ["/cached"]);
    Ok(())
}
