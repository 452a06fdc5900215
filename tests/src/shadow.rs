//! What the sidecar says about its shadow requests and about parity, as scripts and Prometheus read it.
//!
//! It must not know what either side answers. The surprise: a shadow request ends after its client has its answer, so every question
//! here is one that waits.

use crate::admin::{Scrape, json, scrape, until};
use anyhow::Result;
use serde::Deserialize;
use std::net::SocketAddr;

/// What can become of a request that was to be shadowed.
pub const OUTCOMES: [&str; 8] = [
    "compared",
    "write_skipped",
    "dropped",
    "oversize",
    "timeout",
    "failed",
    "incomplete",
    "declined",
];

/// `/api/parity/ROUTE`, as far as scripts rely on it.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// The route's id.
    pub route: String,
    /// Requests compared.
    pub compared: u64,
    /// Those that mismatched.
    pub mismatched: u64,
    /// The 95 % upper bound of their share.
    pub bound: f64,
    /// `promote`, `hold` or `rollback`.
    pub state: String,
    /// Why, in words with numbers.
    pub why: String,
    /// By place and kind.
    pub differences: Vec<Found>,
}

/// One difference of a report.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    /// Such as `json:/price`.
    pub place: String,
    /// Such as `value`.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// `real`, `noise`, `learning`, `expected` or `ignored`.
    pub state: String,
    /// What the legacy said last.
    #[serde(default)]
    pub legacy: serde_json::Value,
    /// What the rust side said last.
    #[serde(default)]
    pub rust: serde_json::Value,
}

/// How many of a route's requests came to that end.
pub fn ended(scrape: &Scrape, route: &str, outcome: &str) -> u64 {
    let labels = [("route", route), ("outcome", outcome)];
    // A counter is a whole number that is written as another.
    scrape.sum("overgrow_shadow_total", &labels) as u64
}

/// How many of a route's requests came to any end.
pub fn ended_in_all(scrape: &Scrape, route: &str) -> u64 {
    scrape.sum("overgrow_shadow_total", &[("route", route)]) as u64
}

/// How many comparisons of a route came to that verdict.
pub fn judged(scrape: &Scrape, route: &str, verdict: &str) -> u64 {
    let labels = [("route", route), ("verdict", verdict)];
    scrape.sum("overgrow_parity_total", &labels) as u64
}

/// Waits until that many requests of a route have come to an end; gives the reading.
pub async fn until_ended(admin: SocketAddr, route: &str, count: u64) -> Result<Scrape> {
    until(&format!("{count} ends of shadow requests"), async || {
        let seen = scrape(admin).await?;
        Ok((ended_in_all(&seen, route) >= count).then_some(seen))
    })
    .await
}

/// Waits until that many requests of a route have come to that end; gives the reading.
pub async fn until_outcome(
    admin: SocketAddr,
    route: &str,
    outcome: &str,
    count: u64,
) -> Result<Scrape> {
    until(&format!("{count} × {outcome}"), async || {
        let seen = scrape(admin).await?;
        Ok((ended(&seen, route, outcome) >= count).then_some(seen))
    })
    .await
}

/// What is known about a route's parity now.
pub async fn report(admin: SocketAddr, route: &str) -> Result<Report> {
    let value = json(admin, &format!("/api/parity/{route}")).await?;
    Ok(serde_json::from_value(value)?)
}

/// Waits until a route's report is as wanted; gives it.
pub async fn until_report(
    admin: SocketAddr,
    route: &str,
    what: &str,
    wanted: impl Fn(&Report) -> bool,
) -> Result<Report> {
    let look = async || Ok(Some(report(admin, route).await?).filter(&wanted));
    until(what, look).await
}

impl Report {
    /// Places and kinds of the differences in that state, sorted.
    pub fn found(&self, state: &str) -> Vec<(&str, &str)> {
        self.places(|found| found.state == state)
    }

    /// As [`found`](Self::found), of all that count against the rust side: the real ones, and those of which nobody knows yet.
    pub fn standing(&self) -> Vec<(&str, &str)> {
        self.places(Found::stands)
    }

    fn places(&self, wanted: impl Fn(&Found) -> bool) -> Vec<(&str, &str)> {
        let wanted = self.differences.iter().filter(|found| wanted(found));
        let mut places: Vec<_> = wanted
            .map(|found| (found.place.as_str(), found.kind.as_str()))
            .collect();
        places.sort_unstable();
        places
    }
}

impl Found {
    /// Whether it counts against the rust side.
    pub fn stands(&self) -> bool {
        matches!(self.state.as_str(), "real" | "learning")
    }
}
