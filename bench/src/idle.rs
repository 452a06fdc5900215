//! Ten thousand WebSockets that say nothing: what each one costs the process that holds it.
//!
//! It must not know the sidecar's buffers. The surprise: a proxy needs two open files for each socket, so a limit of 20,000 files allows
//! somewhat fewer sockets than ten thousand, and the table says how many there were.

use std::process::Command;

use serde::Deserialize;

use crate::compare::Choice;
use crate::contestant::{Recipe, Started};
use crate::error::{During, Error, Result};
use crate::process::raise_open_files;
use crate::stage::{Behind, Core, Stage, pinned};
use crate::{table, verdict};

/// The heading of the table.
pub const ABOUT: &str = "Idle WebSockets, resident memory of the process that holds them";

/// As many as the target speaks of.
const SOCKETS: u64 = 10_000;
/// Open files a proxy needs besides its sockets.
const SPARE_FILES: u64 = 300;
/// Bytes for each socket that the sidecar has promised to stay below.
const PROMISED: f64 = 12_000.0;

#[derive(Deserialize)]
struct Held {
    sockets: u64,
    before: u64,
    with: u64,
}

/// Lets each contestant hold the sockets, one after the other, and tabulates the cost.
pub fn compare(choice: &Choice) -> Result<String> {
    let stage = Stage::set(Behind::Origin)?;
    let mut rows = vec![
        [
            "contestant",
            "sockets",
            "RSS MB before",
            "RSS MB with",
            "bytes a socket",
        ]
        .map(Into::into)
        .into(),
    ];
    let (mut own, mut absent) = (None, Vec::new());
    for recipe in choice.recipes(&["node-ws", "nginx", "haproxy", "bare", "overgrow"]) {
        match hold(&stage, &recipe) {
            Ok(held) => {
                own = if recipe.name == "overgrow" {
                    Some(held.each())
                } else {
                    own
                };
                rows.push(row(&recipe.name, &held));
            }
            Err(error) => absent.push(format!("{}: {error}", recipe.name)),
        }
    }
    let verdict = verdict::limit(
        "overgrow: bytes for each idle socket < 12,000",
        own,
        PROMISED,
    );
    Ok(table::section(
        "ws-idle-memory",
        ABOUT,
        &rows,
        &[verdict],
        &absent,
    ))
}

fn hold(stage: &Stage, recipe: &Recipe) -> Result<Held> {
    let started = recipe.start(stage)?;
    let output = command(stage, &started).output().during("run wsload")?;
    serde_json::from_slice(&output.stdout).map_err(|_| Error::Output {
        program: "wsload".into(),
        output: first_line(&output.stderr),
    })
}

/// A backtrace, when there is one, is not for the table.
fn first_line(errors: &[u8]) -> String {
    String::from_utf8_lossy(errors)
        .lines()
        .next()
        .unwrap_or_default()
        .into()
}

fn command(stage: &Stage, started: &Started) -> Command {
    let sockets = SOCKETS.min(raise_open_files().saturating_sub(SPARE_FILES) / 2);
    let words = [
        stage.programs().join("wsload").display().to_string(),
        "idle".into(),
        started.address.to_string(),
        format!("--sockets={sockets}"),
        format!("--pid={}", started.id().unwrap_or_default()),
    ];
    pinned(Core::Load, &words)
}

impl Held {
    fn each(&self) -> f64 {
        self.with.saturating_sub(self.before) as f64 / self.sockets as f64
    }
}

fn row(name: &str, held: &Held) -> Vec<String> {
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    vec![
        name.into(),
        held.sockets.to_string(),
        megabytes(held.before),
        megabytes(held.with),
        format!("{:.0}", held.each()),
    ]
}
