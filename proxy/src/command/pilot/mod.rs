//! `overgrow pilot`: what a person does about the pilot, and one pilot for many sidecars.

mod fleet;
mod put;
mod resume;
mod told;

use std::process::ExitCode;

use clap::Subcommand;

pub(super) use self::told::told;
use super::FileArg;
use crate::sidecar::Builder;

/// What is asked for: without a command, the fleet's pilot.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct PilotArgs {
    #[command(subcommand)]
    command: Option<PilotCommand>,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
}

/// What is asked for of one route.
#[derive(Debug, Subcommand)]
enum PilotCommand {
    /// Hand a route back to the pilot, where its dial stands
    Resume {
        /// Route id
        route: String,
        #[command(flatten)]
        file: FileArg,
    },
}

pub(super) fn run(builder: &Builder, args: &PilotArgs) -> ExitCode {
    match &args.command {
        Some(PilotCommand::Resume { route, file }) => resume::run(builder, &file.file, route),
        None => fleet::run(builder, &args.fleet),
    }
}
