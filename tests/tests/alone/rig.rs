//! A file with a legacy and the same file without one.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use overgrow_tests::admin::json;
use overgrow_tests::sidecar::forwarding;
use serde_json::Value;

/// A route that is all native: `/orders` and below go to the service at that address.
pub(crate) fn route(rust: SocketAddr, more: &str) -> String {
    format!(
        "[[route]]\nid = \"orders\"\nmatch = {{ path = \"/orders/*\" }}\n\
         handler = \"http://{rust}\"\nrust = true\n{more}\n"
    )
}

/// The file with a legacy; `keys` are more of its table.
pub(crate) fn with(legacy: SocketAddr, keys: &str, routes: &str) -> String {
    let legacy = format!("url = \"http://{legacy}\"\n{keys}");
    format!("{}\n{routes}", forwarding("", &legacy))
}

/// The file without one, not even its table.
pub(crate) fn without(routes: &str) -> String {
    let text = forwarding("", "");
    format!("{}\n{routes}", text.replace("[legacy]\n", ""))
}

/// What `/api/config` says of the legacy.
pub(crate) async fn legacy(admin: SocketAddr) -> Result<Value> {
    Ok(json(admin, "/api/config").await?["legacy"].clone())
}

/// For how long nobody needed it.
pub(crate) async fn idle(admin: SocketAddr) -> Result<u64> {
    let legacy = legacy(admin).await?;
    legacy["idle_seconds"].as_u64().context("it has one")
}

/// Why it is needed, or not.
pub(crate) fn why(legacy: &Value) -> &str {
    legacy["why"].as_str().unwrap_or_default()
}
