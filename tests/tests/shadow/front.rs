//! Routes with a shadow, and the sidecar in front of a legacy and a rust service.

use anyhow::Result;
use overgrow_tests::legacy::{Asked, Volatile};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use std::net::SocketAddr;

/// The id of the one route that [`shadowed`] makes.
pub(crate) const ROUTE: &str = "all";

/// One route for everything: the legacy answers, and `handler` is asked as well. `keys` are those of `shadow`.
pub(crate) fn shadowed(handler: &str, keys: &str) -> String {
    route(handler, "false", keys)
}

/// As [`shadowed`], to a service over HTTP.
pub(crate) fn shadowed_by(service: SocketAddr, keys: &str) -> String {
    shadowed(&format!("http://{service}"), keys)
}

/// As [`shadowed`], with a dial.
pub(crate) fn route(handler: &str, rust: &str, keys: &str) -> String {
    format!(
        "[[route]]\nid = \"{ROUTE}\"\nmatch = {{ path = \"/*\" }}\nhandler = \"{handler}\"\nrust = {rust}\n\
         shadow = {{ sample = 100, aa = 0, {keys} }}\n"
    )
}

/// A legacy, a service and a sidecar in front of both.
pub(crate) struct Pair {
    pub(crate) legacy: Volatile,
    pub(crate) rust: Volatile,
    pub(crate) sidecar: Sidecar,
}

impl Pair {
    /// With that dial and those keys of `shadow`; `flags` are the service's.
    pub(crate) async fn start(rust: &str, keys: &str, flags: &[&str]) -> Result<Self> {
        let legacy = Volatile::start(&["--name", "legacy"]);
        let flags = [&["--name", "rust", "--seed", "2"], flags].concat();
        let (legacy, service) = tokio::try_join!(legacy, Volatile::start(&flags))?;
        let handler = format!("http://{}", service.address());
        let routes = routes_toml(legacy.address(), &route(&handler, rust, keys));
        let sidecar = Sidecar::start(&routes).await?;
        Ok(Self {
            legacy,
            rust: service,
            sidecar,
        })
    }
}

/// Those that were asked off a client's path.
pub(crate) fn shadows(asked: &[Asked]) -> Vec<&Asked> {
    asked.iter().filter(|asked| asked.is_shadow()).collect()
}
