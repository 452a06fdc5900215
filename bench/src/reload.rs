//! From an edit of `routes.toml` to the first request on the new side, under load, in the three ways that files are edited.
//!
//! It must not know how the sidecar notices. The surprise: the load asks the flipped route too, so a request lost or refused in a
//! reload is an error in wrk's report; and after the first answer of the new side, one more of the old side is counted as mixed.

use std::io::Read;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::compare::Choice;
use crate::contestant::{Config, Prepared, Recipe};
use crate::edit::{File, Way};
use crate::error::{During, Error, Result};
use crate::exchange::Exchange;
use crate::latency::{Summary, micros, quantile};
use crate::process::Running;
use crate::sidecar::Side;
use crate::stage::{self, Behind, Core, Stage, pinned};
use crate::{table, verdict, wrk};

/// The heading of the table.
pub const ABOUT: &str =
    "Edit of routes.toml to the first request on the new side, under 64 connections of load";

/// Edits of each kind; about a hundred together.
const EDITS: usize = 34;
/// Longer than any reload may take; the load of one kind of edit never lasts as long as all of them failing would.
const GIVE_UP: Duration = Duration::from_secs(10);
const LOAD_SECONDS: f64 = 400.0;
/// The client asks again after this, which bounds what it can resolve.
const ASK_EVERY: Duration = Duration::from_millis(1);
/// Between edits, so that one is not merged with the next.
const REST: Duration = Duration::from_millis(150);
/// Answers looked at after the first of the new side.
const CHECKS: usize = 20;
/// Milliseconds that the sidecar has promised to stay below.
const PROMISED: f64 = 100.0;
const REQUEST: &[u8] = b"GET /name HTTP/1.1\r\nHost: bench.test\r\n\r\n";

/// What the edits of one kind took.
struct Edits {
    micros: Vec<u32>,
    mixed: usize,
    load: Summary,
}

/// Edits in each way, and tabulates.
pub fn compare(choice: &Choice) -> Result<String> {
    let stage = Stage::set(Behind::Origin)?;
    let heading = [
        "way", "edits", "p50 ms", "p99 ms", "most ms", "mixed", "requests", "errors",
    ];
    let mut rows = vec![heading.map(Into::into).into()];
    let (mut all, mut absent) = (Vec::new(), Vec::new());
    for recipe in choice.recipes(&["overgrow"]) {
        for way in Way::ALL {
            match edits(&stage, &recipe, way) {
                Ok(edits) => rows.push(row(way.name(), &edits, &mut all)),
                Err(error) => absent.push(format!("{}, {}: {error}", recipe.name, way.name())),
            }
        }
    }
    let worst = (!all.is_empty()).then(|| sorted_quantile(&mut all, 0.99));
    let verdict = verdict::limit(
        "overgrow: p99 of all edits in milliseconds < 100",
        worst,
        PROMISED,
    );
    Ok(table::section("reload", ABOUT, &rows, &[verdict], &absent))
}

fn edits(stage: &Stage, recipe: &Recipe, way: Way) -> Result<Edits> {
    let (rust, _rust) = second_origin(stage)?;
    let side = Side::Waiting(format!("http://{rust}"));
    let recipe = Recipe {
        name: format!("{}-{}", recipe.name, way.name()),
        config: Config::Routes(side),
        ..recipe.clone()
    };
    let prepared = recipe.prepare(stage)?;
    let (file, texts) = lay(&prepared, way)?;
    let started = prepared.start()?;
    let load = start_load(started.address)?;
    let edits = flip(started.address, file, &texts);
    let load = stop_load(load)?;
    let (micros, mixed) = edits?;
    Ok(Edits {
        micros,
        mixed,
        load,
    })
}

/// The native side: an origin that calls itself `rust`.
fn second_origin(stage: &Stage) -> Result<(SocketAddr, Running)> {
    let address = stage::free_port()?;
    let program = stage.programs().join("origin").display().to_string();
    let words = [program, "--name=rust".into(), format!("--listen={address}")];
    let mut running = stage::start("rust", &words, Core::Load, stage.folder())?;
    stage::wait_ready("rust", address, &mut running, stage.folder())?;
    Ok((address, running))
}

/// Lays the file out for its way of editing; returns it with its two texts, `rust` first, which is the first edit.
fn lay(prepared: &Prepared, way: Way) -> Result<(File, [String; 2])> {
    let legacy = std::fs::read_to_string(&prepared.file).during("read routes.toml")?;
    let rust = legacy.replace("rust = false", "rust = true");
    Ok((File::lay(prepared.file.clone(), way)?, [rust, legacy]))
}

fn start_load(target: SocketAddr) -> Result<Running> {
    let words = wrk::words(target, 64, "/name", None, LOAD_SECONDS);
    let mut command = pinned(Core::Load, &words);
    Running::start(command.stdout(Stdio::piped())).during("start wrk")
}

fn stop_load(mut load: Running) -> Result<Summary> {
    load.interrupt();
    let mut report = String::new();
    if let Some(mut output) = load.take_stdout() {
        output
            .read_to_string(&mut report)
            .during("read wrk's report")?;
    }
    wrk::summary(&report).ok_or(Error::Output {
        program: "wrk".into(),
        output: report,
    })
}

fn flip(target: SocketAddr, mut file: File, texts: &[String; 2]) -> Result<(Vec<u32>, usize)> {
    let mut client = Exchange::open(target).during("connect")?;
    let mut times = Vec::with_capacity(EDITS);
    let mut mixed = 0;
    for (text, expected) in texts.iter().zip(["rust", "origin"]).cycle().take(EDITS) {
        std::thread::sleep(REST);
        let before = Instant::now();
        file.write(text)?;
        wait_for(&mut client, expected, before)?;
        times.push(micros(before.elapsed()));
        mixed += others(&mut client, expected)?;
    }
    Ok((times, mixed))
}

fn wait_for(client: &mut Exchange, expected: &str, since: Instant) -> Result<()> {
    while client.ask(REQUEST).during("ask")? != expected.as_bytes() {
        if since.elapsed() > GIVE_UP {
            return Err(Error::NotReady {
                name: "the edit".into(),
                log: format!("{expected} did not answer"),
            });
        }
        std::thread::sleep(ASK_EVERY);
    }
    Ok(())
}

/// How many answers still come from the other side.
fn others(client: &mut Exchange, expected: &str) -> Result<usize> {
    let mut others = 0;
    for _ in 0..CHECKS {
        others += usize::from(client.ask(REQUEST).during("ask")? != expected.as_bytes());
    }
    Ok(others)
}

fn row(way: &str, edits: &Edits, all: &mut Vec<u32>) -> Vec<String> {
    all.extend(&edits.micros);
    let mut times = edits.micros.clone();
    let mut row = vec![way.into(), times.len().to_string()];
    row.extend([0.5, 0.99, 1.0].map(|share| format!("{:.1}", sorted_quantile(&mut times, share))));
    row.extend(
        [edits.mixed as u64, edits.load.count, edits.load.errors].map(|count| count.to_string()),
    );
    row
}

/// A quantile in milliseconds.
fn sorted_quantile(micros: &mut [u32], share: f64) -> f64 {
    micros.sort_unstable();
    quantile(micros, share) / 1e3
}
