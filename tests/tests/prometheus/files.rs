//! `promtool` reads what is published, and every alert is shown to fire and to keep silent.

use crate::deploy::{file, rules, text};
use anyhow::{Result, ensure};
use overgrow_tests::prometheus::Prometheus;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn promtool(arguments: &[&str], path: &Path) -> Result<()> {
    let mut command = Command::new("promtool");
    let ran = command.args(arguments).arg(path).output()?;
    let said = [ran.stdout, ran.stderr].concat();
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&said));
    Ok(())
}

#[test]
fn promtool_takes_the_files() -> Result<()> {
    promtool(&["check", "config"], &file("prometheus/prometheus.yml"))?;
    promtool(&["check", "rules"], &file("prometheus/rules/overgrow.yml"))
}

#[test]
fn the_rules_pass_their_tests() -> Result<()> {
    for name in ["parity", "process"] {
        let path = file(&format!("prometheus/tests/{name}.yml"));
        promtool(&["test", "rules"], &path)?;
    }
    Ok(())
}

#[test]
fn every_alert_is_tested_to_fire_and_to_keep_silent() -> Result<()> {
    let tests = ["parity", "process"].map(|name| text(&format!("prometheus/tests/{name}.yml")));
    let tests = tests.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let alerts = rules()?.into_iter().filter(|rule| rule.kind == "alert");
    for name in alerts.map(|alert| alert.name) {
        let fires = format!("- alertname: {name}\n");
        let silent = format!("{{ alertname: {name}, eval_time");
        ensure!(tests.contains(&fires), "{name} is never tested to fire");
        ensure!(
            tests.contains(&silent),
            "{name} is never tested to keep silent"
        );
    }
    Ok(())
}

/// People read them at night: the thing, its value, the threshold and the way out.
#[test]
fn every_alert_says_what_to_do_and_where_to_read_on() -> Result<()> {
    let page = std::fs::read_to_string(file("../docs/troubleshooting.md"))?;
    for alert in rules()?.into_iter().filter(|rule| rule.kind == "alert") {
        let name = &alert.name;
        for part in ["summary: ", "description: ", "Way out: ", "severity: "] {
            ensure!(alert.text.contains(part), "{name} has no {part}");
        }
        ensure!(
            alert.text.contains("$value") || name == "OvergrowAbsent",
            "{name} tells no value"
        );
        let anchor = alert.text.split_once("runbook: docs/troubleshooting.md#");
        let anchor = anchor
            .and_then(|(_, rest)| rest.lines().next())
            .unwrap_or_default();
        let written = format!("<a id=\"{anchor}\"></a>");
        ensure!(
            page.contains(&written),
            "{name} leads to #{anchor}, which is not there"
        );
    }
    Ok(())
}

#[test]
fn names_are_unique() -> Result<()> {
    let rules = rules()?;
    let names: BTreeSet<_> = rules.iter().map(|rule| &rule.name).collect();
    assert_eq!(names.len(), rules.len());
    Ok(())
}

/// Debian's Prometheus is built without Kubernetes, so the pods that it would find are written down.
#[tokio::test]
async fn pods_become_targets_with_their_names() -> Result<()> {
    let found = "    static_configs:
      - targets: [\"127.0.0.1:1\"]
        labels: { __meta_kubernetes_pod_container_port_name: overgrow-admin, __meta_kubernetes_namespace: shop, __meta_kubernetes_pod_name: orders-7d4, __meta_kubernetes_pod_label_app_kubernetes_io_name: orders, __meta_kubernetes_pod_phase: Running }
      - targets: [\"127.0.0.1:2\"]
        labels: { __meta_kubernetes_pod_container_port_name: http, __meta_kubernetes_namespace: shop, __meta_kubernetes_pod_name: orders-7d4, __meta_kubernetes_pod_phase: Running }
      - targets: [\"127.0.0.1:3\"]
        labels: { __meta_kubernetes_pod_container_port_name: overgrow-admin, __meta_kubernetes_namespace: shop, __meta_kubernetes_pod_name: orders-old, __meta_kubernetes_pod_phase: Succeeded }
";
    let config = text("prometheus/prometheus-kubernetes.yml")?;
    let discovery = "    kubernetes_sd_configs:\n      - role: pod\n";
    ensure!(
        config.contains(discovery),
        "the discovery is written otherwise"
    );
    let token = "credentials_file: /var/run/secrets/overgrow/admin-token";
    ensure!(config.contains(token), "the token is written otherwise");
    let rules = file("prometheus/rules/overgrow.yml");
    let config = config
        .replace(discovery, found)
        .replace(token, "credentials: token")
        .replace("rules/overgrow.yml", &rules.display().to_string())
        .replace("scrape_interval: 5s", "scrape_interval: 200ms");
    let prometheus = Prometheus::configured(&config).await?;
    let up = prometheus.until("up", |found| !found.is_empty()).await?;
    assert_eq!(up.len(), 1, "{up:?}");
    let label = |name: &str| up[0].labels[name].as_str();
    assert_eq!(
        (label("job"), label("instance"), label("namespace")),
        ("overgrow-orders", "shop/orders-7d4", "shop")
    );
    Ok(())
}
