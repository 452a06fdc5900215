//! A real Prometheus that scrapes what a test tells it to.
//!
//! It must not know what the metrics mean. The surprise: it takes port 0 and logs the port it got, and it does so before it can be
//! asked, so readiness is a second line of its log. It scrapes twice a second, so that a `rate` over a minute has two samples
//! before a test grows old; what a test waits for, it waits for in [`Prometheus::until`].

use crate::ask::{get, post};
use crate::process::Process;
use crate::sidecar::Sidecar;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Between two scrapes, and between two evaluations of the rules.
pub const INTERVAL: &str = "500ms";

/// A start takes a tenth of a second; the rest is for a machine that compiles at the same time.
const START: Duration = Duration::from_secs(30);

/// Between two looks at something that only shows when asked: a fifth of a scrape.
const LOOK: Duration = Duration::from_millis(100);

/// How long a condition may take to come true: a few scrapes; the rest is for a machine that compiles at the same time.
const SOON: Duration = Duration::from_secs(60);

/// A running Prometheus; ended on drop, with all it stored.
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
    _folder: TempDir,
}

/// One series of an answer, with its value now.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels, the name under `__name__`.
    pub labels: BTreeMap<String, String>,
    /// Its value; NaN is possible.
    pub value: f64,
}

/// One alert that is pending or fires.
#[derive(Debug, Clone, Deserialize)]
pub struct Alert {
    /// Its labels, the name under `alertname`.
    pub labels: BTreeMap<String, String>,
    /// What it tells people.
    pub annotations: BTreeMap<String, String>,
    /// `pending` or `firing`.
    pub state: String,
}

impl Prometheus {
    /// Scrapes `/metrics` of sidecars under the job `overgrow`.
    pub async fn scraping(targets: &[SocketAddr]) -> Result<Self> {
        Self::configured(&scraping(targets)).await
    }

    /// As [`scraping`](Self::scraping), of one sidecar.
    pub async fn of(sidecar: &Sidecar) -> Result<Self> {
        Self::scraping(&[sidecar.admin()]).await
    }

    /// Runs on that `prometheus.yml`. Files that it names have to be named by their whole path.
    pub async fn configured(config: &str) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("overgrow-prometheus-")
            .tempdir()?;
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config)?;
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        let data = folder.path().join("data");
        command.arg(format!("--storage.tsdb.path={}", data.display()));
        command.arg("--web.listen-address=127.0.0.1:0");
        let process =
            Process::spawn(&mut command).context("prometheus is missing: run `make setup`")?;
        let address = process.line(START, listening).await?;
        let ready = |line: &str| line.contains("Server is ready").then_some(());
        process.line(START, ready).await?;
        Ok(Self {
            process,
            address,
            _folder: folder,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process, to see what it printed.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// What `expression` gives now, in the order of the answer; a scalar is one series without labels.
    ///
    /// # Errors
    /// When Prometheus does not accept the expression, with its reason.
    pub async fn query(&self, expression: &str) -> Result<Vec<Series>> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("query", expression);
        let ask = post("/api/v1/query", form.finish())
            .header("content-type", "application/x-www-form-urlencoded");
        let data = self.data(&ask.send(self.address).await?.text());
        series(data.with_context(|| expression.to_owned())?)
    }

    /// The one value that `expression` gives now; `None` when it gives no series.
    ///
    /// # Errors
    /// Also when it gives several.
    pub async fn value(&self, expression: &str) -> Result<Option<f64>> {
        let found = self.query(expression).await?;
        ensure!(found.len() < 2, "{expression} is several: {found:?}");
        Ok(found.first().map(|series| series.value))
    }

    /// Asks again and again until the answer is as wanted; gives it. Fails after a minute with the last answer.
    pub async fn until(
        &self,
        expression: &str,
        wanted: impl Fn(&[Series]) -> bool,
    ) -> Result<Vec<Series>> {
        let start = Instant::now();
        loop {
            let found = self.query(expression).await?;
            if wanted(&found) {
                return Ok(found);
            }
            ensure!(start.elapsed() < SOON, "{expression} stays {found:?}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until every target has been scraped since this call, so that what was counted before it can be queried. The
    /// first target may have been before Prometheus so much as began with the last one, so that they are counted.
    pub async fn caught_up(&self) -> Result<()> {
        let now = self.value("time()").await?.context("a time")?;
        let scraped = format!("count(timestamp(up) > {now})");
        let start = Instant::now();
        loop {
            let (found, all) = (self.value(&scraped).await?, self.targets().await?);
            if all > 0 && found == Some(all as f64) {
                return Ok(());
            }
            ensure!(start.elapsed() < SOON, "{found:?} of {all} targets scraped");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many targets there are, scraped or not.
    async fn targets(&self) -> Result<usize> {
        let answer = get("/api/v1/targets?state=active")
            .send(self.address)
            .await?;
        let data = self.data(&answer.text())?;
        let active = data["activeTargets"].as_array();
        Ok(active.context("a list of targets")?.len())
    }

    /// The alerts that are pending or fire.
    pub async fn alerts(&self) -> Result<Vec<Alert>> {
        let answer = get("/api/v1/alerts").send(self.address).await?;
        let data = self.data(&answer.text())?;
        Ok(serde_json::from_value(data["alerts"].clone())?)
    }

    fn data(&self, answer: &str) -> Result<Value> {
        let mut answer: Value = serde_json::from_str(answer).with_context(|| answer.to_owned())?;
        if answer["status"] != "success" {
            bail!("{}", answer["error"]);
        }
        Ok(answer["data"].take())
    }
}

/// A `prometheus.yml` that scrapes sidecars under the job `overgrow`.
pub fn scraping(targets: &[SocketAddr]) -> String {
    let targets: Vec<_> = targets
        .iter()
        .map(|t| format!("{:?}", t.to_string()))
        .collect();
    format!(
        "global: {{ scrape_interval: {INTERVAL}, scrape_timeout: {INTERVAL}, evaluation_interval: {INTERVAL} }}
scrape_configs:
  - job_name: overgrow
    static_configs: [{{ targets: [{}] }}]
",
        targets.join(", ")
    )
}

fn listening(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once("msg=\"Listening on\" address=")?.1;
    rest.split_whitespace().next()?.parse().ok()
}

fn series(data: Value) -> Result<Vec<Series>> {
    match data["resultType"].as_str() {
        Some("scalar") => Ok(vec![Series {
            labels: BTreeMap::new(),
            value: number(&data["result"])?,
        }]),
        Some("vector") => {
            let all = data["result"].as_array().context("no list of series")?;
            all.iter().map(one).collect()
        }
        other => bail!("an answer of the type {other:?}"),
    }
}

fn one(series: &Value) -> Result<Series> {
    Ok(Series {
        labels: serde_json::from_value(series["metric"].clone())?,
        value: number(&series["value"])?,
    })
}

/// A pair of a time and a number, which is written as a text because JSON has no infinity.
fn number(pair: &Value) -> Result<f64> {
    let text = pair[1].as_str().context("no value")?;
    text.parse().with_context(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_read_with_their_labels() {
        let vector = json!({"resultType": "vector", "result": [
            {"metric": {"route": "a"}, "value": [1.5, "+Inf"]},
        ]});
        let found = series(vector).unwrap();
        assert_eq!(found[0].labels["route"], "a");
        assert_eq!(found[0].value, f64::INFINITY);
        let scalar = json!({"resultType": "scalar", "result": [1.5, "7"]});
        assert_eq!(series(scalar).unwrap()[0].value, 7.0);
    }

    #[tokio::test]
    async fn it_scrapes_itself_and_refuses_nonsense() {
        let prometheus = Prometheus::scraping(&[]).await.unwrap();
        assert_eq!(prometheus.value("1 + 1").await.unwrap(), Some(2.0));
        assert_eq!(prometheus.value("up").await.unwrap(), None);
        let refused = prometheus.query("up{").await.unwrap_err();
        assert!(
            format!("{refused:#}").contains("parse error"),
            "{refused:#}"
        );
    }
}
