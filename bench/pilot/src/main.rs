//! How often and how fast the pilot is right, on routes with planted defects.
//!
//! Prints the tables of docs/pilot.md, and exits with 1 when a promise is broken. Seeded: the same run gives the same
//! numbers. `--quick` does a tenth of the runs.

mod flight;
mod share;
mod tables;
mod watched;
mod world;

use std::process::ExitCode;

use tables::Broken;

/// How many runs each row rests on.
#[derive(Debug, Clone, Copy)]
struct Runs {
    /// Of mismatches alone, which are cheap.
    watched: u64,
    /// Of the whole loop.
    flights: u64,
}

const FULL: Runs = Runs {
    watched: 2_000,
    flights: 200,
};

const QUICK: Runs = Runs {
    watched: 200,
    flights: 10,
};

fn main() -> ExitCode {
    let quick = std::env::args().skip(1).any(|word| word == "--quick");
    let runs = if quick { QUICK } else { FULL };
    let broken: Vec<Broken> = [
        tables::promotion(runs.watched),
        tables::outage(runs.flights),
        tables::flights(runs.flights),
    ]
    .into_iter()
    .flatten()
    .collect();
    for promise in &broken {
        eprintln!("broken: {promise}");
    }
    match broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
