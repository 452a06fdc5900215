//! From spawning the sidecar to its ready line, with 1,000 routes to read.
//!
//! It must not know what a start consists of. The surprise: the clock includes the kernel's loading of the program.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use crate::compare::Choice;
use crate::contestant::Recipe;
use crate::error::{During, Error, Result};
use crate::latency::median;
use crate::process::Running;
use crate::stage::{Behind, Core, Stage, pinned};
use crate::{table, verdict};

/// The heading of the table.
pub const ABOUT: &str = "Start to ready with 1,000 routes, ten starts";

const STARTS: usize = 10;
/// Milliseconds that the sidecar has promised to stay below.
const PROMISED: f64 = 100.0;

/// Starts the sidecar ten times.
pub fn compare(choice: &Choice) -> Result<String> {
    let stage = Stage::set(Behind::Origin)?;
    let mut rows = vec![
        ["contestant", "median ms", "least ms", "most ms"]
            .map(Into::into)
            .into(),
    ];
    let (mut own, mut absent) = (None, Vec::new());
    for recipe in choice.recipes(&["overgrow"]) {
        match starts(&stage, &recipe) {
            Ok(times) => {
                own = Some(median(&times));
                rows.push(row(&recipe.name, &times));
            }
            Err(error) => absent.push(error.to_string()),
        }
    }
    let verdict = verdict::limit(
        "overgrow: milliseconds from start to ready < 100",
        own,
        PROMISED,
    );
    Ok(table::section("start", ABOUT, &rows, &[verdict], &absent))
}

fn starts(stage: &Stage, recipe: &Recipe) -> Result<Vec<f64>> {
    (0..STARTS).map(|_| start(stage, recipe)).collect()
}

fn start(stage: &Stage, recipe: &Recipe) -> Result<f64> {
    let words = recipe.prepare(stage)?.words;
    let mut command = pinned(Core::Proxy, &words);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let before = Instant::now();
    let mut running = Running::start(&mut command).during("start the sidecar")?;
    let output = running.take_stdout().map(BufReader::new);
    let ready = output.and_then(|output| {
        output
            .lines()
            .map_while(|line| line.ok())
            .find(|line| line.contains("listen="))
    });
    let elapsed = before.elapsed();
    let not_ready = || Error::NotReady {
        name: recipe.name.clone(),
        log: "no ready line".into(),
    };
    ready
        .map(|_| elapsed.as_secs_f64() * 1e3)
        .ok_or_else(not_ready)
}

fn row(name: &str, times: &[f64]) -> Vec<String> {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    let mut row = vec![name.into()];
    row.extend([median(times), least, most].map(|time| format!("{time:.1}")));
    row
}
