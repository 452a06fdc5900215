//! What a bad file is told, word by word, and what a good file becomes.

mod accepted;
mod admission;
mod alone;
mod dial;
mod evidence;
mod legacy;
mod listeners;
mod many;
mod matcher;
mod noise;
mod pilot;
mod plugins;
mod report;
mod route;
mod server;
mod shape;

use super::{Config, Handlers};

/// A source, and what its author reads. The report begins on a line of its own, to be read as it is printed.
type Case = (&'static str, &'static str);

/// Checks sources that name no legacy unless they are about the legacy.
#[track_caller]
fn check_all(cases: &[Case]) {
    cases
        .iter()
        .for_each(|(source, expect)| check(&complete(source), expect));
}

/// Checks sources that are the whole file.
#[track_caller]
fn check_all_alone(cases: &[Case]) {
    cases
        .iter()
        .for_each(|(source, expect)| check(source, expect));
}

#[track_caller]
fn check(source: &str, expect: &str) {
    let faults = Config::parse(source, &known()).unwrap_err();
    assert_eq!(format!("\n{faults}"), expect, "of:\n{source}");
}

#[track_caller]
fn accept(source: &str) -> Config {
    Config::parse(&complete(source), &known()).unwrap_or_else(|faults| panic!("\n{faults}"))
}

fn known() -> Handlers {
    Handlers::new(["orders"]).with_planner("hooks")
}

/// The source with a `[legacy]` at its end, so that its own lines keep their numbers.
fn complete(source: &str) -> String {
    let legacy = "\n[legacy]\nurl = \"http://127.0.0.1:18789\"\n";
    let rest = if source.contains("[legacy]") {
        ""
    } else {
        legacy
    };
    format!("{source}{rest}")
}
