//! Reads the command line and prints what the comparisons return; everything else is in the library.

use clap::Parser;
use overgrow_bench::compare;
use overgrow_bench::options::{Command, Compare, Options};
use overgrow_bench::process;

fn main() -> anyhow::Result<()> {
    // Inherited by every program that is started: proxies hold thousands of sockets.
    process::raise_open_files();
    match Options::parse().command {
        Command::List => compare::list().for_each(|(name, about)| println!("{name:16} {about}")),
        Command::Compare(compare) => run(compare)?,
    }
    Ok(())
}

fn run(options: Compare) -> anyhow::Result<()> {
    let names = options.names();
    let choice = options.choice();
    for name in names {
        println!("{}", compare::compare(&name, &choice)?);
    }
    Ok(())
}
