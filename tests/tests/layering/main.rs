//! No room touches what its row in ARCHITECTURE.md forbids.
//!
//! Two readings: the dependencies that each crate lists, and every path that the sources name, comments and strings left out. The
//! surprise: test code is not looked at, it may build its scenes from anything.

mod scan;

use anyhow::{Result, ensure};
use overgrow_tests::kit::tree;
use scan::{dependencies, sources, violations};
use std::path::PathBuf;

/// A module of the proxy, and the paths it must not name.
struct Room(&'static str, &'static [&'static str]);

const ROOMS: &[Room] = &[
    Room(
        "route",
        &[
            "pingora",
            "hyper",
            "tokio",
            "tower",
            "axum",
            "fastrand",
            "rand",
            "std::net::Tcp",
            "std::net::Udp",
            "std::time",
            "std::fs",
            "std::thread",
            "crate::config",
            "crate::listen",
            "crate::gateway",
            "crate::backend",
            "crate::reload",
            "crate::admin",
            "toml",
        ],
    ),
    Room(
        "config",
        &[
            "pingora",
            "tokio",
            "hyper",
            "axum",
            "std::net::Tcp",
            "crate::listen",
            "crate::gateway",
            "crate::backend",
            "crate::reload",
            "crate::admin",
        ],
    ),
    Room(
        "listen",
        &[
            "crate::route",
            "crate::gateway",
            "crate::config",
            "crate::backend",
            "crate::reload",
            "crate::admin",
            "toml",
            "axum",
        ],
    ),
    Room(
        "gateway",
        &[
            "toml",
            "toml_edit",
            "wasmtime",
            "crate::reload",
            "crate::admin",
            "crate::edit",
            "axum",
        ],
    ),
    Room(
        "backend",
        &[
            "overgrow_parity",
            "toml",
            "toml_edit",
            "axum",
            "crate::gateway",
            "crate::listen",
            "crate::route",
            "crate::reload",
            "crate::admin",
        ],
    ),
    Room(
        "metrics",
        &[
            "pingora",
            "hyper",
            "tokio",
            "axum",
            "crate::gateway",
            "crate::backend",
            "crate::config",
            "crate::listen",
        ],
    ),
    Room(
        "reload",
        &[
            "pingora",
            "hyper",
            "axum",
            "crate::listen",
            "crate::backend",
            "crate::admin",
        ],
    ),
    Room(
        "edit",
        &[
            "pingora",
            "hyper",
            "tokio",
            "axum",
            "crate::config",
            "crate::gateway",
            "crate::listen",
            "crate::backend",
            "crate::reload",
        ],
    ),
    Room(
        "admin",
        &[
            "pingora",
            "toml",
            "toml_edit",
            "crate::backend",
            "crate::sidecar",
        ],
    ),
];

/// A crate's folder, and the crates that it must not list.
struct Listed(&'static str, &'static [&'static str]);

const CRATES: &[Listed] = &[
    Listed("proxy", &["wasmtime", "wasmtime-wasi"]),
    Listed(
        "handlers/core",
        &[
            "pingora",
            "pingora-core",
            "overgrow",
            "wasmtime",
            "axum",
            "overgrow-parity",
        ],
    ),
];

/// Rooms that other changes fill; their rows hold from the day they are there.
const LATER: &[Listed] = &[
    Listed(
        "handlers/auth",
        &[
            "pingora",
            "pingora-core",
            "overgrow",
            "overgrow-parity",
            "wasmtime",
        ],
    ),
    Listed(
        "handlers/hooks",
        &[
            "pingora",
            "pingora-core",
            "overgrow",
            "overgrow-parity",
            "wasmtime",
        ],
    ),
    Listed(
        "handlers/media",
        &[
            "pingora",
            "pingora-core",
            "overgrow",
            "overgrow-parity",
            "wasmtime",
        ],
    ),
    Listed(
        "handlers/plugins",
        &["pingora", "pingora-core", "overgrow", "overgrow-parity"],
    ),
    Listed(
        "parity",
        &[
            "tokio",
            "pingora",
            "pingora-core",
            "overgrow-handler",
            "overgrow",
            "hyper",
        ],
    ),
];

fn workspace(path: &str) -> PathBuf {
    tree("..").join(path)
}

#[test]
fn no_room_names_what_it_must_not_know() -> Result<()> {
    let mut found = Vec::new();
    for Room(room, forbidden) in ROOMS {
        let sources = sources(&workspace("proxy/src").join(room))?;
        ensure!(
            !sources.is_empty(),
            "the room {room} is gone: mend the table"
        );
        for (path, text) in sources {
            let named = violations(&text, forbidden);
            found.extend(
                named
                    .into_iter()
                    .map(|name| format!("{}: {name}", path.display())),
            );
        }
    }
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

#[test]
fn no_crate_lists_what_it_must_not_know() -> Result<()> {
    let mut found = Vec::new();
    let later = LATER.iter().filter(|listed| workspace(listed.0).exists());
    for Listed(folder, forbidden) in CRATES.iter().chain(later) {
        let manifest = std::fs::read_to_string(workspace(folder).join("Cargo.toml"))?;
        let listed = dependencies(&manifest)?;
        ensure!(
            !listed.is_empty(),
            "{folder} lists nothing: mend the reader"
        );
        let bad = listed
            .iter()
            .filter(|name| forbidden.contains(&name.as_str()));
        found.extend(bad.map(|name| format!("{folder}: {name}")));
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
