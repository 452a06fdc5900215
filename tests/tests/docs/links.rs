//! Every link of a page leads somewhere: the file is there, and so is the heading. Alerts' runbooks are links too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use overgrow_tests::kit;
use regex::Regex;

/// Where pages are that people read, beside those at the top.
const FOLDERS: [&str; 2] = ["docs", "deploy"];

#[test]
fn every_link_of_a_page_leads_somewhere() -> Result<()> {
    let root = kit::tree("..").canonicalize()?;
    let mut dead = Vec::new();
    let (mut all, _) = entries(&root)?;
    for folder in FOLDERS {
        all.extend(pages(&root.join(folder))?);
    }
    let links = Regex::new(r"\]\(([^) \n]+)\)")?;
    for page in all {
        let text = std::fs::read_to_string(&page)?;
        for link in links.captures_iter(&without_code(&text)) {
            dead.extend(fault(&page, &link[1])?);
        }
    }
    ensure!(dead.is_empty(), "{}", dead.join("\n"));
    Ok(())
}

#[test]
fn every_alert_has_an_answer() -> Result<()> {
    let root = kit::tree("..").canonicalize()?;
    let rules = std::fs::read_to_string(root.join("deploy/prometheus/rules/overgrow.yml"))?;
    let runbooks = Regex::new("runbook: ([^ \n]+)")?;
    let mut found = 0;
    for runbook in runbooks.captures_iter(&rules) {
        let fault = fault(&root.join("README.md"), &runbook[1])?;
        ensure!(fault.is_none(), "{fault:?}");
        found += 1;
    }
    ensure!(found > 10, "{found} runbooks");
    Ok(())
}

/// Pages of a folder and of what lies below it.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, below) = entries(folder)?;
    for folder in below {
        found.extend(pages(&folder)?);
    }
    Ok(found)
}

/// Pages and folders that lie in a folder.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.into_iter().partition(|path| path.is_dir());
    let is_page = |path: &PathBuf| path.extension() == Some("md".as_ref());
    Ok((files.into_iter().filter(is_page).collect(), folders))
}

/// What is wrong with a link, if anything is. The world outside is not asked.
fn fault(page: &Path, link: &str) -> Result<Option<String>> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(None);
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = page.parent().context("a page lies in a folder")?;
    let target = match path {
        "" => page.to_owned(),
        path => folder.join(path),
    };
    let said = format!("{}: {link}", page.display());
    if !target.exists() {
        return Ok(Some(format!("{said}: no such file")));
    }
    if anchor.is_empty() || target.extension() != Some("md".as_ref()) {
        return Ok(None);
    }
    let known = anchors(&std::fs::read_to_string(&target)?)?;
    let missing = !known.contains(anchor);
    Ok(missing.then(|| format!("{said}: no such heading")))
}

/// As forges make them of headings, and those that are written.
fn anchors(text: &str) -> Result<BTreeSet<String>> {
    let text = without_code(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let mut known: BTreeSet<String> = headings.map(slug).collect();
    let written = Regex::new("<a id=\"([^\"]+)\"")?;
    known.extend(written.captures_iter(&text).map(|id| id[1].to_owned()));
    Ok(known)
}

fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.collect()
}

fn without_code(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn a_heading_is_found_as_forges_name_it() -> Result<()> {
    let known = anchors(
        "# Parity bound above gate\n## `[server]`\n<a id=\"upgrade\"></a>\n```sh\n# no\n```\n",
    )?;
    let wanted = ["parity-bound-above-gate", "server", "upgrade"];
    assert_eq!(known, wanted.map(str::to_owned).into());
    Ok(())
}
