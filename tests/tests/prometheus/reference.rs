//! docs/metrics.md and /metrics tell of the same families, with the same type and labels.

use crate::deploy::file;
use anyhow::{Context, Result, ensure};
use overgrow_tests::ask::get;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// What is told of a family: its type, and the names of its labels.
#[derive(Debug, PartialEq)]
struct Family {
    kind: String,
    labels: BTreeSet<String>,
}

/// What only one of the two tells, or what they tell differently.
pub(crate) async fn differences(admin: SocketAddr) -> Result<Vec<String>> {
    let text = get("/metrics").send(admin).await?.text();
    let (scraped, written) = (scraped(&text), written()?);
    let names: BTreeSet<_> = scraped.keys().chain(written.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| scraped.get(*name) != written.get(*name));
    let told = |name: &String| {
        format!(
            "{name}: /metrics {:?}, docs/metrics.md {:?}",
            scraped.get(name),
            written.get(name)
        )
    };
    Ok(differ.map(told).collect())
}

fn scraped(text: &str) -> BTreeMap<String, Family> {
    let types = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let family = |(name, kind): (&str, &str)| {
        let family = Family {
            kind: kind.to_owned(),
            labels: labels(text, name),
        };
        (name.to_owned(), family)
    };
    types.map(family).collect()
}

/// Of all series of a family; a bucket's bound is no label of ours.
fn labels(text: &str, name: &str) -> BTreeSet<String> {
    let series = text.lines().filter_map(|line| line.strip_prefix(name));
    let lists = series.filter_map(|rest| {
        let rest = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|end| rest.strip_prefix(end))
            .unwrap_or(rest);
        Some(rest.strip_prefix('{')?.rsplit_once('}')?.0)
    });
    let names = lists.flat_map(|list| {
        list.split("\",")
            .filter_map(|label| label.split_once("=\""))
    });
    names
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != "le")
        .collect()
}

/// The rows of the page: `name`, type, labels, meaning.
fn written() -> Result<BTreeMap<String, Family>> {
    let page = std::fs::read_to_string(file("../docs/metrics.md"))?;
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<_> = rows.map(row).collect::<Result<_>>()?;
    let count = rows.len();
    let written: BTreeMap<_, _> = rows.into_iter().collect();
    ensure!(written.len() == count, "a family is told twice");
    Ok(written)
}

fn row(line: &str) -> Result<(String, Family)> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let mut cell = || cells.next().with_context(|| line.to_owned());
    let name = cell()?.trim_matches('`').to_owned();
    let kind = cell()?.to_owned();
    let labels = quoted(cell()?);
    Ok((name, Family { kind, labels }))
}

/// The words in backquotes outside brackets, in which values are told.
fn quoted(cell: &str) -> BTreeSet<String> {
    let mut depth = 0;
    let outside = cell.chars().filter(|c| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth == 0
    });
    let outside: String = outside.collect();
    outside
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
