//! No room touches what its row in ARCHITECTURE.md forbids.
//!
//! Two readings: the dependencies that each crate lists, and every path that the sources name, comments and strings left out. The
//! surprise: test code is not looked at, it may build its scenes from anything.

mod rows;
mod scan;

use anyhow::{Result, ensure};
use overgrow_tests::kit::tree;
use rows::{CRATES, HANDLER_MANIFEST, HANDLER_SOURCES, HANDS, Listed, ROOMS, Room};
use scan::{dependencies, sources, violations};
use std::path::{Path, PathBuf};

fn workspace(path: &str) -> PathBuf {
    tree("..").join(path)
}

#[test]
fn no_room_names_what_it_must_not_know() -> Result<()> {
    let mut found = Vec::new();
    for Room(room, forbidden) in ROOMS {
        let sources = sources(&workspace(room))?;
        ensure!(
            !sources.is_empty(),
            "the room {room} is gone: mend the table"
        );
        found.extend(named_in(&sources, forbidden));
    }
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_built_in_handler_acts_through_effects_only() -> Result<()> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(workspace("handlers"))? {
        let folder = folder?.path();
        if !folder.is_dir() || HANDS.iter().any(|hand| folder.ends_with(hand)) {
            continue;
        }
        found.extend(ways_past_effects(&folder)?);
    }
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_way_past_effects_is_found() -> Result<()> {
    let planted = tempfile::tempdir()?;
    std::fs::create_dir(planted.path().join("src"))?;
    let manifest = "[dependencies]\nhttp = \"1\"\nreqwest = \"1\"\n";
    std::fs::write(planted.path().join("Cargo.toml"), manifest)?;
    let source = "fn f() { std::fs::write(\"a\", \"b\"); reqwest::get(\"c\"); }";
    std::fs::write(planted.path().join("src/lib.rs"), source)?;
    assert_eq!(ways_past_effects(planted.path())?.len(), 3);
    Ok(())
}

/// What a handler's crate could act with besides `Effects`.
fn ways_past_effects(folder: &Path) -> Result<Vec<String>> {
    let mut found = named_in(&sources(&folder.join("src"))?, HANDLER_SOURCES);
    found.extend(listed_in(folder, HANDLER_MANIFEST)?);
    Ok(found)
}

/// The violations of those sources, each with its file.
fn named_in(sources: &[(PathBuf, String)], forbidden: &[&str]) -> Vec<String> {
    let of_file = |(path, text): &(PathBuf, String)| {
        let named = violations(text, forbidden).into_iter();
        let told = named.map(|name| format!("{}: {name}", path.display()));
        told.collect::<Vec<_>>()
    };
    sources.iter().flat_map(of_file).collect()
}

/// The forbidden crates that a manifest lists, each with its folder.
fn listed_in(folder: &Path, forbidden: &[&str]) -> Result<Vec<String>> {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))?;
    let listed = dependencies(&manifest)?;
    ensure!(
        !listed.is_empty(),
        "{} lists nothing: mend the reader",
        folder.display()
    );
    let bad = listed
        .iter()
        .filter(|name| forbidden.contains(&name.as_str()));
    Ok(bad
        .map(|name| format!("{}: {name}", folder.display()))
        .collect())
}

#[test]
fn no_crate_lists_what_it_must_not_know() -> Result<()> {
    let mut found = Vec::new();
    for Listed(folder, forbidden) in CRATES {
        found.extend(listed_in(&workspace(folder), forbidden)?);
    }
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_planted_violation_is_found() -> Result<()> {
    for planted in [
        "use hyper::Request;",
        "use std::{fmt, time::Instant};",
        "use std::time;",
        "fn f() -> std::time::Instant { todo!() }",
        "pub(crate) use\n    hyper as engine;",
        "fn f(r: ::hyper::Request<()>) {}",
        "use crate::{gateway::Gateway, route::Side};",
        "use pingora_core::server::Fds;",
        "let s = \"//\"; use hyper::Body;",
    ] {
        let forbidden = ["hyper", "std::time", "crate::gateway", "pingora"];
        assert_eq!(violations(planted, &forbidden).len(), 1, "{planted}");
    }
    let manifest = "[dependencies]\nhttp.workspace = true\n[target.'cfg(unix)'.dependencies]\nwasmtime = \"1\"\n";
    assert_eq!(dependencies(manifest)?, ["http", "wasmtime"]);
    Ok(())
}

#[test]
fn what_only_looks_like_a_violation_is_none() {
    for innocent in [
        "//! Knows neither hyper::Request nor std::time.\n",
        "/* use hyper::Request; */ fn f() {}",
        "const TEXT: &str = \"use hyper::Request\";",
        "use http::Request; fn hypersonic() {}",
        "use crate::route::time;",
        "#[cfg(test)]\nmod tests {\n    use hyper::Request;\n}\n",
    ] {
        assert_eq!(
            violations(innocent, &["hyper", "std::time"]),
            Vec::<String>::new(),
            "{innocent}"
        );
    }
}
