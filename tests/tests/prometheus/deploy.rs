//! The files in `deploy/`, as they are published.
//!
//! It must not know a sidecar. The surprise: expressions are read out of YAML by its indentation, which is enough for a file whose
//! form `promtool` has checked; a library for it would be used for nothing else.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;

/// The dashboards' files.
pub(crate) const DASHBOARDS: [&str; 4] = ["overview", "plugins", "route", "shadow"];

/// One rule: an alert or a series that is computed ahead.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Its name.
    pub(crate) name: String,
    /// `alert` or `record`.
    pub(crate) kind: &'static str,
    /// The expression on one line.
    pub(crate) expression: String,
    /// Everything that stands in the file about it.
    pub(crate) text: String,
}

/// A file or folder below `deploy/`.
pub(crate) fn file(path: &str) -> PathBuf {
    let tree = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tree.join("../deploy").join(path)
}

/// The text of a file below `deploy/`.
pub(crate) fn text(path: &str) -> Result<String> {
    std::fs::read_to_string(file(path)).with_context(|| path.to_owned())
}

/// A dashboard as Grafana reads it.
pub(crate) fn dashboard(name: &str) -> Result<Value> {
    Ok(serde_json::from_str(&text(&format!(
        "grafana/dashboards/{name}.json"
    ))?)?)
}

/// All rules in their order.
pub(crate) fn rules() -> Result<Vec<Rule>> {
    let text = text("prometheus/rules/overgrow.yml")?;
    let rules = text
        .split("\n      - ")
        .skip(1)
        .filter(|rule| !rule.is_empty());
    let rules: Vec<_> = rules.map(rule).collect::<Result<_>>()?;
    ensure!(!rules.is_empty(), "no rules");
    Ok(rules)
}

fn rule(text: &str) -> Result<Rule> {
    let (kind, name) = text
        .lines()
        .next()
        .and_then(|line| line.split_once(": "))
        .context("a name")?;
    let kind = match kind {
        "alert" => "alert",
        "record" => "record",
        other => anyhow::bail!("a rule that begins with {other}"),
    };
    Ok(Rule {
        name: name.to_owned(),
        kind,
        expression: expression(text).with_context(|| name.to_owned())?,
        text: text.to_owned(),
    })
}

/// What follows `expr:`, on the same line or indented below a `|`.
fn expression(rule: &str) -> Option<String> {
    let (_, rest) = rule.split_once("\n        expr: ")?;
    let Some(block) = rest.strip_prefix("|\n") else {
        return Some(rest.lines().next()?.to_owned());
    };
    let lines = block
        .lines()
        .take_while(|line| line.starts_with("          "));
    Some(lines.map(str::trim).collect::<Vec<_>>().join(" "))
}
