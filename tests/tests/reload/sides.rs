//! A route that moves between two services, and the ways to see which one answers.

use anyhow::Result;
use overgrow_tests::admin::{scrape, until};
use overgrow_tests::ask::get;
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::routes_toml;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// A legacy, a rust service, and the texts of routes.toml that move a route between them.
pub(crate) struct Sides {
    pub(crate) legacy: Service,
    pub(crate) rust: Service,
}

impl Sides {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self {
            legacy: Service::start("legacy").await?,
            rust: Service::start("rust").await?,
        })
    }

    /// One route of that name with its dial at `rust`.
    pub(crate) fn text(&self, id: &str, rust: &str) -> String {
        let route = format!(
            "[[route]]\nid = \"{id}\"\nmatch = {{ path = \"/*\" }}\nhandler = \"http://{}\"\nrust = {rust}\n",
            self.rust.address()
        );
        routes_toml(self.legacy.address(), &route)
    }

    /// The dial at 0, under a name of its own.
    pub(crate) fn before(&self) -> String {
        self.text("old", "0")
    }

    /// The dial at 100, under a name of its own.
    pub(crate) fn after(&self) -> String {
        self.text("new", "100")
    }
}

pub(crate) fn side(answer: &Answer) -> &str {
    answer.header("x-backend").unwrap_or_default()
}

pub(crate) async fn until_side(to: SocketAddr, wanted: &str) -> Result<()> {
    until(&format!("an answer of {wanted}"), async || {
        let answer = get("/").send(to).await?;
        Ok((side(&answer) == wanted).then_some(()))
    })
    .await
}

/// Reads of routes.toml that were turned down so far.
pub(crate) async fn rejected(admin: SocketAddr) -> Result<f64> {
    let scrape = scrape(admin).await?;
    Ok(scrape.sum("overgrow_reload_total", &[("result", "rejected")]))
}

/// Puts `text` in the place of the file, as most editors do.
pub(crate) fn rename_over(file: &Path, text: &str) -> Result<()> {
    let fresh = file.with_extension("toml.new");
    fs::write(&fresh, text)?;
    Ok(fs::rename(fresh, file)?)
}
