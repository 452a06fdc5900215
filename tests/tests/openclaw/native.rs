//! The native handlers in the place of the gateway, which still does what is left to it.

use anyhow::{Context, Result};
use overgrow_tests::admin::scrape;
use overgrow_tests::golden::By;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::sidecar::{Sidecar, forwarding};

/// Every route that a native handler knows, all of it native.
const ROUTES: &str = r#"
[[route]]
id      = "hooks"
match   = { path = "/hooks/*" }
handler = "hooks"
rust    = true

[[route]]
id      = "tools"
match   = { path = "/tools/invoke" }
handler = "auth"
rust    = true

[[route]]
id      = "chat"
match   = { path = "/v1/chat/completions" }
handler = "auth"
rust    = true

[[route]]
id      = "responses"
match   = { path = "/v1/responses" }
handler = "auth"
rust    = true
"#;

/// A sidecar that reads the gateway's own configuration.
async fn native(gateway: &OpenClaw) -> Result<Sidecar> {
    let config = gateway.folder().join("openclaw.json");
    let config = config.to_str().context("a path of text")?;
    let legacy = format!(
        "url = \"http://{}\"\nconfig = {config:?}",
        gateway.address()
    );
    Sidecar::start(&format!("{}{ROUTES}", forwarding("", &legacy))).await
}

#[tokio::test]
async fn every_http_recording_is_the_same_from_the_native_handlers() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = native(&gateway).await?;
    crate::http(&gateway, sidecar.addr(), By::Native).await?;
    let counted = scrape(sidecar.admin()).await?;
    let by = |backend: &str| {
        let labels = [("route", "hooks"), ("backend", backend)];
        counted.sum("overgrow_requests_total", &labels)
    };
    let (rust, legacy) = (by("rust"), by("legacy"));
    assert!(rust > 70.0 && legacy < 10.0, "{rust} native, {legacy} left");
    Ok(())
}

#[tokio::test]
async fn odd_requests_are_answered_the_same_by_the_native_handlers() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = native(&gateway).await?;
    crate::shapes(&gateway, sidecar.addr(), By::Native).await
}
