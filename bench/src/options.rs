//! The command line of the bench: which comparisons, how often, how long. It must not know what any of them does.

use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::compare::{self, Choice};
use crate::contestant::{self, Recipe};
use crate::rounds::Plan;

/// Long enough for every pool to be full and for Node to have compiled most of what it will.
const WARM_UP: Duration = Duration::from_secs(1);
/// Rounds and seconds of `--quick`.
const QUICK: (usize, u64) = (3, 1);

/// Measures the sidecar against its peers, all in one run and in turns.
#[derive(Debug, Parser)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Name every comparison.
    List,
    /// Run comparisons and print their tables.
    Compare(Compare),
}

/// Which comparisons, and how.
#[derive(Debug, clap::Args)]
pub struct Compare {
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

impl Compare {
    /// The names of what is to be run, in order.
    pub fn names(&self) -> Vec<String> {
        if self.names.is_empty() {
            return compare::list().map(|(name, _)| name.to_owned()).collect();
        }
        self.names.clone()
    }

    /// What holds for all of it.
    pub fn choice(self) -> Choice {
        let (rounds, seconds) = if self.quick {
            QUICK
        } else {
            (self.rounds, self.seconds)
        };
        let plan = Plan {
            rounds,
            turn: Duration::from_secs(seconds),
            warm_up: WARM_UP,
        };
        Choice {
            plan,
            given: self.given,
            only: self.only,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, rounds: usize, names: usize) {
        let options = Options::parse_from(words.split_whitespace());
        let Command::Compare(compare) = options.command else {
            panic!("{words}")
        };
        assert_eq!(compare.names().len(), names);
        assert_eq!(compare.choice().plan.rounds, rounds);
    }

    #[test]
    fn no_name_is_every_name() {
        check("bench compare", 5, compare::list().count());
        check("bench compare ws-128 --rounds 7", 7, 1);
        check("bench compare a b --quick --only nginx,bare", 3, 2);
    }
}
