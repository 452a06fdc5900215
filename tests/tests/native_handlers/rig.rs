//! A sidecar that reads the real gateway's own configuration, and hooks that are sent through it.

use anyhow::{Context, Result};
use overgrow_tests::ask::{Ask, post};
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::sidecar::{Sidecar, forwarding};
use std::net::SocketAddr;
use std::path::Path;

/// All hooks, answered natively.
pub(crate) const HOOKS: &str = r#"
[[route]]
id      = "hooks"
match   = { path = "/hooks/*" }
handler = "hooks"
rust    = true
"#;

/// The text of a `routes.toml` in front of that gateway, with these routes.
pub(crate) fn routes_toml(gateway: &OpenClaw, routes: &str) -> Result<String> {
    with_settings(
        gateway.address(),
        &gateway.folder().join("openclaw.json"),
        routes,
    )
}

/// The text of a `routes.toml` in front of any legacy whose settings are in that file.
pub(crate) fn with_settings(legacy: SocketAddr, settings: &Path, routes: &str) -> Result<String> {
    let settings = settings.to_str().context("a path of text")?;
    let legacy = format!("url = \"http://{legacy}\"\nconfig = {settings:?}");
    Ok(format!("{}{routes}", forwarding("", &legacy)))
}

/// A sidecar in front of that gateway, with these routes.
pub(crate) async fn in_front_of(gateway: &OpenClaw, routes: &str) -> Result<Sidecar> {
    Sidecar::start(&routes_toml(gateway, routes)?).await
}

/// A hook with a token.
pub(crate) fn hook(name: &str, token: &str, body: &str) -> Ask {
    post(&format!("/hooks/{name}"), body)
        .header("authorization", &format!("Bearer {token}"))
        .header("content-type", "application/json")
}

/// A wake that waits for the next heartbeat, so that it stays where it can be seen.
pub(crate) fn wake(text: &str) -> Ask {
    let body = serde_json::json!({ "text": text, "mode": "next-heartbeat" });
    hook("wake", OpenClaw::HOOK_TOKEN, &body.to_string())
}
