//! `overgrow pilot`: what a person does about the pilot.

mod resume;
mod told;

use std::process::ExitCode;

use clap::Subcommand;

pub(super) use self::told::told;
use super::FileArg;
use crate::sidecar::Builder;

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(super) enum PilotCommand {
    /// Hand a route back to the pilot, where its dial stands
    Resume {
        /// Route id
        route: String,
        #[command(flatten)]
        file: FileArg,
    },
}

pub(super) fn run(builder: &Builder, command: &PilotCommand) -> ExitCode {
    match command {
        PilotCommand::Resume { route, file } => resume::run(builder, &file.file, route),
    }
}
