//! Reads what sources name and what manifests list, without a parser: comments, strings and test modules are cut out, and the
//! rest is searched for paths.

use anyhow::{Context, Result};
use regex::Regex;
use std::path::{Path, PathBuf};

/// The Rust sources of a module, in one file or in a folder, tests left out.
pub(crate) fn sources(module: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut open = vec![module.with_extension("rs"), module.to_owned()];
    while let Some(path) = open.pop() {
        let name = path
            .file_name()
            .context("a name")?
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "tests" {
            for entry in std::fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if path.is_file() && name.ends_with(".rs") && !is_test(&name) {
            let text = std::fs::read_to_string(&path)?;
            found.push((path, text));
        }
    }
    Ok(found)
}

/// `arbitrary.rs` makes values for property tests.
fn is_test(name: &str) -> bool {
    matches!(name, "tests.rs" | "arbitrary.rs")
}

/// The forbidden paths that a text names, each once.
pub(crate) fn violations(text: &str, forbidden: &[&str]) -> Vec<String> {
    let code = code(text);
    let named = paths(&code);
    let is_named = |wanted: &&str| named.iter().any(|path| touches(path, wanted));
    forbidden
        .iter()
        .copied()
        .filter(|wanted| is_named(wanted))
        .map(str::to_owned)
        .collect()
}

/// `hyper` is touched by `hyper::Body`, `pingora` also by `pingora_core::…`, `std::net::Tcp` by `std::net::TcpStream`.
fn touches(path: &str, forbidden: &str) -> bool {
    let Some(rest) = path.strip_prefix(forbidden) else {
        return false;
    };
    let family = forbidden == "pingora" && rest.starts_with('_');
    let kind = forbidden.ends_with("Tcp") || forbidden.ends_with("Udp");
    rest.is_empty() || rest.starts_with("::") || family || kind
}

/// The text without comments, without what stands in quotes, and without its test module, which comes last.
fn code(text: &str) -> String {
    let strings = [
        r#""(?:[^"\\]|\\.)*""#,
        r"'(?:[^'\\]|\\.)'",
        r"//[^\n]*",
        r"(?s:/\*.*?\*/)",
    ]
    .join("|");
    let bare = regex(&strings).replace_all(text, "\"\"").into_owned();
    let tests = regex(r"#\[cfg\(test\)\]\s*mod \w+ \{")
        .find(&bare)
        .map(|found| found.start());
    bare[..tests.unwrap_or(bare.len())].to_owned()
}

/// Every path that is named: those of `use`, with their braces multiplied out, and those in the code.
fn paths(code: &str) -> Vec<String> {
    let uses = regex(r"\buse\s+([^;]+);");
    let mut paths: Vec<String> = uses
        .captures_iter(code)
        .flat_map(|found| expanded("", &found[1]))
        .collect();
    let rest = uses.replace_all(code, "");
    paths.extend(
        regex(r"\b[a-z_]\w*(?:::\w+)+")
            .find_iter(&rest)
            .map(|found| found.as_str().to_owned()),
    );
    paths
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expanded(prefix: &str, tree: &str) -> Vec<String> {
    let tree = tree.trim().trim_start_matches("::");
    match tree.split_once('{') {
        Some((head, rest)) if !head.contains(',') => {
            let prefix = format!("{prefix}{}", head.trim());
            let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
            branches(inner)
                .iter()
                .flat_map(|branch| expanded(&prefix, branch))
                .collect()
        }
        _ => vec![format!(
            "{prefix}{}",
            tree.split_whitespace().next().unwrap_or_default()
        )],
    }
}

/// Splits at the commas that stand outside of braces.
fn branches(tree: &str) -> Vec<String> {
    let (mut depth, mut found) = (0usize, vec![String::new()]);
    for letter in tree.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(letter);
        }
    }
    found.retain(|branch| !branch.trim().is_empty());
    found
}

/// Names under every `dependencies` table of a manifest but those for tests.
pub(crate) fn dependencies(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = toml::from_str(manifest)?;
    let of = |table: &toml::Table| {
        let found = table.get("dependencies").and_then(toml::Value::as_table);
        found
            .into_iter()
            .flat_map(|table| table.keys().cloned())
            .collect::<Vec<_>>()
    };
    let mut names = of(&manifest);
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for target in targets.into_iter().flat_map(|table| table.values()) {
        names.extend(target.as_table().into_iter().flat_map(of));
    }
    Ok(names)
}

#[expect(
    clippy::unwrap_used,
    reason = "the patterns are constants of this file"
)]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}
