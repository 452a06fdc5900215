//! The command line of the bench: which comparisons, how often, how long. It must not know what any of them does.

use std::time::Duration;

use clap::{Parser, Subcommand};
use overgrow_bench::compare::{self, Choice};
use overgrow_bench::contestant::{self, Recipe};
use overgrow_bench::process;
use overgrow_bench::rounds::Plan;

/// Measures the sidecar against its peers, all in one run and in turns.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Name every comparison.
    List,
    /// Run comparisons and print their tables.
    Compare(Compare),
}

#[derive(clap::Args)]
struct Compare {
    /// Names from the list; all of them when none is given.
    names: Vec<String>,
    /// Turns of each contestant.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Three rounds of one second: to see that all is well, not to quote.
    #[arg(long)]
    quick: bool,
    /// Only these contestants.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// One more contestant, or another command for a known one; {port}, {origin}, {file}, {dir} and {programs} are filled in.
    #[arg(long = "contestant", value_name = "NAME=COMMAND", value_parser = contestant::parse)]
    given: Vec<Recipe>,
}

fn main() -> anyhow::Result<()> {
    process::raise_open_files();
    match Options::parse().command {
        Command::List => compare::list().for_each(|(name, about)| println!("{name:16} {about}")),
        Command::Compare(compare) => run(compare)?,
    }
    Ok(())
}

fn run(options: Compare) -> anyhow::Result<()> {
    let (rounds, seconds) = if options.quick {
        (3, 1)
    } else {
        (options.rounds, options.seconds)
    };
    let plan = Plan {
        rounds,
        turn: Duration::from_secs(seconds),
        warm_up: Duration::from_secs(1),
    };
    let choice = Choice {
        plan,
        given: options.given,
        only: options.only,
    };
    let all = compare::list().map(|(name, _)| name.to_owned());
    let names = if options.names.is_empty() {
        all.collect()
    } else {
        options.names
    };
    for name in names {
        println!("{}", compare::compare(&name, &choice)?);
    }
    Ok(())
}
