//! The project's chores. `cargo xtask plugins` builds every guest to a component.

mod build;
mod component;
mod guests;
mod toolchain;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::build::Speed;

/// The project's chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build the guests of plugins/ and tests/guests/ to components in target/plugins.
    Plugins {
        /// Which, such as `zalo`; every guest when none is named.
        names: Vec<String>,
        /// Build quickly: larger and slower guests.
        #[arg(long)]
        debug: bool,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().chore {
        Chore::Plugins { names, debug } => {
            let speed = if debug { Speed::Quick } else { Speed::Release };
            plugins(&names, speed)
        }
    }
}

/// One invocation of cargo for all of them, since they share most of their dependencies; then one component each.
fn plugins(names: &[String], speed: Speed) -> Result<()> {
    let workspace = guests::Workspace::read()?;
    let guests = workspace.guests(names)?;
    let toolchain = toolchain::find(&workspace.root)?;
    let modules = build::build(&workspace.root, &guests, &toolchain, speed)?;
    for (guest, module) in guests.iter().zip(modules) {
        println!("{}", component::write(&workspace.root, guest, &module)?);
    }
    Ok(())
}
