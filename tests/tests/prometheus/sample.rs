//! From a spike to the request that made it: an id leads from the log to the sample and back.

use crate::backend::{Backend, Is, SLOW};
use anyhow::{Context, Result};
use overgrow_tests::admin::{json, until};
use overgrow_tests::ask::get;
use overgrow_tests::prometheus::Prometheus;
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use std::time::Duration;

fn routes(rust: &Backend) -> String {
    format!(
        "[[route]]\nid = \"orders\"\nmatch = {{ path = \"/orders/*\" }}\nhandler = \"http://{}\"\nrust = true\n\
         shadow = {{ sample = 100 }}\n",
        rust.address()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spike_leads_to_a_line_of_the_log_and_to_a_sample() -> Result<()> {
    let legacy = Backend::start(Is::Legacy).await?;
    let rust = Backend::start(Is::Rust).await?;
    let sidecar = Sidecar::start(&routes_toml(legacy.address(), &routes(&rust))).await?;
    let prometheus = Prometheus::of(&sidecar).await?;
    for _ in 0..20 {
        get("/orders/alike").send(sidecar.addr()).await?;
    }
    let answer = get("/orders/slow").send(sidecar.addr()).await?;
    let told = answer.header("x-request-id").map(str::to_owned);

    // The panel: rust's slowest answers take more than a second.
    let spike = "histogram_quantile(0.99, sum by (le) (overgrow_request_seconds_bucket{route=\"orders\",backend=\"rust\",role=\"primary\"})) > 1";
    prometheus.until(spike, |found| !found.is_empty()).await?;

    // The log: which request that was.
    let slow = |line: &str| {
        let word = |key: &str| {
            line.split_whitespace()
                .find_map(|word| word.strip_prefix(key))
        };
        let took: f64 = word("ms=")?.parse().ok()?;
        let late = took >= SLOW.as_secs_f64() * 1000.0;
        late.then(|| word("id=").map(str::to_owned)).flatten()
    };
    let process = sidecar.process();
    let logged = process.line(Duration::from_secs(10), slow).await?;

    // The samples, where the panel's link leads: the same request with both answers.
    let sample = until("a sample", async || {
        let samples = json(sidecar.admin(), "/api/parity/orders/samples").await?;
        Ok(samples.get(0).cloned())
    })
    .await?;
    let sampled = sample["request_id"].as_str();
    assert_eq!(sampled.context(sample.to_string())?, logged);
    if let Some(told) = told {
        assert_eq!(told, logged);
    }
    Ok(())
}
