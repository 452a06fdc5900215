//! The file changes while requests are being shadowed.

use crate::front::{Pair, ROUTE};
use anyhow::{Result, ensure};
use overgrow_tests::admin::until_config;
use overgrow_tests::ask::get;
use overgrow_tests::load::Load;
use overgrow_tests::shadow::{until_ended, until_report};

#[tokio::test]
async fn reloads_lose_no_request_and_no_comparison() -> Result<()> {
    let pair = Pair::start("false", "", &[]).await?;
    let (sidecar, admin) = (&pair.sidecar, pair.sidecar.admin());
    let routes = std::fs::read_to_string(sidecar.routes())?;
    let load = Load::start(4, sidecar.addr(), &get("/cached"));
    for generation in 2..=9 {
        let timeout = format!("aa = 0, timeout = \"{generation}s\"");
        sidecar.edit(&routes.replace("aa = 0", &timeout))?;
        until_config(admin, "the edit", |config| {
            config["generation"].as_u64() >= Some(generation)
        })
        .await?;
        until_ended(admin, ROUTE, generation * 50).await?;
    }
    let record = load.stop().await?;
    let failures = record.failures();
    ensure!(
        failures.is_empty() && record.reopened == 0,
        "{failures:?}, {} reopened",
        record.reopened
    );
    let asked = record.shots.len() as u64;
    let scrape = until_ended(admin, ROUTE, asked).await?;
    assert_eq!(
        overgrow_tests::shadow::ended_in_all(&scrape, ROUTE),
        asked,
        "each request ends once"
    );
    Ok(())
}

#[tokio::test]
async fn other_rules_begin_an_epoch() -> Result<()> {
    let pair = Pair::start("false", "", &["--plant", "field"]).await?;
    let (sidecar, admin) = (&pair.sidecar, pair.sidecar.admin());
    let order = get("/orders/7");
    for _ in 0..50 {
        order.send(sidecar.addr()).await?;
    }
    let before = until_report(admin, ROUTE, "50 comparisons", |report| {
        report.compared == 50
    })
    .await?;
    assert_eq!(before.mismatched, 50, "{before:?}");
    let routes = std::fs::read_to_string(sidecar.routes())?;
    let ignored = ["total", "served", "suggestions", "cache"]
        .map(|field| format!("\"json:/{field}\""))
        .join(", ");
    sidecar.edit(&format!("{routes}parity = {{ ignore = [{ignored}] }}\n"))?;
    until_config(admin, "the edit", |config| {
        config["generation"].as_u64() > Some(1)
    })
    .await?;
    for _ in 0..50 {
        order.send(sidecar.addr()).await?;
    }
    let after = until_report(admin, ROUTE, "50 comparisons of the new epoch", |report| {
        report.compared == 50 && report.mismatched < 50
    })
    .await?;
    assert_eq!(after.mismatched, 0, "{after:?}");
    assert_eq!(after.standing(), []);
    Ok(())
}
