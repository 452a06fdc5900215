//! The admin API as scripts and Prometheus see it.
//!
//! It must not know what the values mean. The surprise: a metric that was never touched has no series, which reads as zero here.

use crate::ask::{Ask, get};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Between two looks at something that only shows when asked.
const LOOK: Duration = Duration::from_millis(5);

/// How long a condition may take to come true; a shared machine makes seconds of milliseconds.
const SOON: Duration = Duration::from_secs(10);

/// One reading of `/metrics`.
pub struct Scrape(String);

/// Reads `/metrics`.
pub async fn scrape(admin: SocketAddr) -> Result<Scrape> {
    let answer = get("/metrics").send(admin).await?;
    ensure!(answer.status() == 200, "{}", answer.text());
    Ok(Scrape(answer.text()))
}

/// `GET path` as JSON.
pub async fn json(admin: SocketAddr, path: &str) -> Result<Value> {
    let answer = get(path).send(admin).await?;
    serde_json::from_str(&answer.text()).with_context(|| answer.text())
}

/// `PATCH /api/routes/ROUTE` with a dial.
pub fn patch(route: &str, rust: &str) -> Ask {
    Ask::new("PATCH", &format!("/api/routes/{route}"))
        .header("content-type", "application/json")
        .body(format!("{{\"rust\": {rust}}}"))
}

/// Asks again and again until there is something. Fails after ten seconds, saying what was waited for.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if start.elapsed() > SOON {
            bail!("still waiting for {what}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until `/api/config` is as wanted; gives it.
pub async fn until_config(
    admin: SocketAddr,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Value> {
    until(what, async || {
        Ok(Some(json(admin, "/api/config").await?).filter(&wanted))
    })
    .await
}

/// Waits until `/metrics` is as wanted; gives it.
pub async fn until_scrape(
    admin: SocketAddr,
    what: &str,
    wanted: impl Fn(&Scrape) -> bool,
) -> Result<Scrape> {
    until(
        what,
        async || Ok(Some(scrape(admin).await?).filter(&wanted)),
    )
    .await
}

impl Scrape {
    /// The sum over all series of that name which carry these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.series(name)
            .filter(|(sent, _)| has_all(sent, labels))
            .map(|(_, value)| value)
            .sum()
    }

    /// Whether there is any series of that name.
    pub fn has(&self, name: &str) -> bool {
        self.series(name).next().is_some()
    }

    /// Label names of the first series of that name, in the order of the text.
    pub fn labels(&self, name: &str) -> Vec<String> {
        let first = self.series(name).next();
        let labels = first.map(|(labels, _)| labels).unwrap_or_default();
        labels
            .split(',')
            .filter_map(|label| Some(label.split_once('=')?.0.to_owned()))
            .collect()
    }

    fn series<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let (labels, value) = match line.strip_prefix(name)?.strip_prefix('{') {
                Some(rest) => rest.split_once("} ")?,
                None => ("", line.strip_prefix(name)?.strip_prefix(' ')?),
            };
            Some((labels, value.parse().ok()?))
        })
    }
}

fn has_all(sent: &str, labels: &[(&str, &str)]) -> bool {
    let written = |(name, value): &(&str, &str)| format!("{name}=\"{value}\"");
    labels
        .iter()
        .map(written)
        .all(|wanted| sent.split(',').any(|label| label == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_summed_by_their_labels() {
        let text = "# HELP a b\na{x=\"1\",y=\"2\"} 3\na{x=\"1\",y=\"3\"} 4\nab 9\nplain 7\n";
        let scrape = Scrape(text.to_owned());
        assert_eq!(scrape.sum("a", &[("x", "1")]), 7.0);
        assert_eq!(scrape.sum("a", &[("y", "3"), ("x", "1")]), 4.0);
        assert_eq!(scrape.sum("plain", &[]), 7.0);
        assert_eq!(scrape.labels("a"), ["x", "y"]);
        assert!(!scrape.has("b"));
    }
}
