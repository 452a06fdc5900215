//! The command line: what a person types, and what they read in return.
//!
//! Exit codes: 0 fine, 1 the answer is no, 2 usage, 64 bad configuration.

mod ask;
mod check;
mod columns;
mod demo;
mod dial;
mod examples;
mod explain;
mod log;
mod parity;
mod pilot;
mod plugins;
mod record;
mod replay;
mod serve;
mod status;
mod style;
mod table;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::sidecar::Builder;

/// The answer is no.
const NO: u8 = 1;
/// routes.toml cannot be used (`EX_USAGE` of sysexits.h, the code the interface promises).
const BAD_CONFIGURATION: u8 = 64;

/// Replace a running service one route at a time.
#[derive(Debug, Parser)]
#[command(name = "overgrow", version, max_term_width = 100, after_help = examples::ALL)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Log")]
struct Shared {
    /// Say less: no line per request, warnings only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// How log lines are written
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, clap::Args)]
struct FileArg {
    /// Where routes.toml is
    #[arg(
        short = 'c',
        long = "config",
        default_value = "routes.toml",
        value_name = "FILE"
    )]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
struct AdminArg {
    /// Admin address of the running sidecar; absent: as routes.toml says
    #[arg(long, value_name = "HOST:PORT")]
    admin: Option<String>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the sidecar
    #[command(after_help = examples::SERVE)]
    Serve {
        #[command(flatten)]
        file: FileArg,
        /// Take the listening sockets over from the running process (then send it SIGQUIT)
        #[arg(short, long)]
        upgrade: bool,
    },
    /// Validate routes.toml and print every fault with its line
    #[command(after_help = examples::CHECK)]
    Check {
        #[command(flatten)]
        file: FileArg,
        /// Print the faults as JSON
        #[arg(long)]
        json: bool,
    },
    /// See the whole loop in one process, nothing else needed
    #[command(after_help = examples::DEMO)]
    Demo {
        /// A real legacy instead of the embedded one
        #[arg(long, value_name = "URL")]
        legacy: Option<String>,
        /// End after the script instead of staying up
        #[arg(long)]
        once: bool,
    },
    /// The table of routes.toml
    #[command(after_help = examples::ROUTES)]
    Routes {
        #[command(flatten)]
        file: FileArg,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Which route takes a request, which side answers it, and why
    #[command(after_help = examples::EXPLAIN)]
    Explain {
        /// Request method
        method: String,
        /// Path, or a whole URL
        url: String,
        /// Request header, as `name: value`; may be given several times
        #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
        headers: Vec<String>,
        /// The client's address, for sticky = "client-ip"
        #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
        client: std::net::IpAddr,
        #[command(flatten)]
        file: FileArg,
    },
    /// Turn a route's dial: edits routes.toml in place, comments and order kept
    #[command(after_help = examples::SET)]
    Set {
        /// Route id
        route: String,
        /// 0 to 100, at most two decimals; or true, false
        percent: String,
        #[command(flatten)]
        file: FileArg,
    },
    /// Give a route back to the legacy at once
    #[command(after_help = examples::ROLLBACK, override_usage = "overgrow rollback [OPTIONS] <ROUTE|--all>")]
    Rollback {
        /// Route id
        #[arg(required_unless_present = "all")]
        route: Option<String>,
        /// Every route
        #[arg(long, conflicts_with = "route")]
        all: bool,
        #[command(flatten)]
        file: FileArg,
    },
    /// What the running sidecar is doing
    #[command(after_help = examples::STATUS)]
    Status {
        /// Only whether it takes traffic, by the exit code: for containers, whose images have no curl
        #[arg(long, conflicts_with = "json")]
        ready: bool,
        #[command(flatten)]
        admin: AdminArg,
        #[command(flatten)]
        file: FileArg,
    },
    /// Whether both sides of a route answer alike, where they differ, and what keeps it from moving on
    #[command(after_help = examples::PARITY)]
    Parity {
        /// Route id; absent: one line for each route
        route: Option<String>,
        #[command(flatten)]
        admin: AdminArg,
        #[command(flatten)]
        file: FileArg,
    },
    /// Move the dials of many sidecars by what Prometheus knows of them; hand a route back to the pilot
    #[command(after_help = examples::PILOT)]
    Pilot(pilot::PilotArgs),
    /// What plugins are loaded, what one asks for beside what it was granted, and a call by hand
    #[command(after_help = examples::PLUGINS)]
    Plugins(plugins::PluginsArgs),
    /// Write what a route is asked and answers to a golden trace, without its secrets
    #[command(after_help = examples::RECORD)]
    Record(record::RecordArgs),
    /// Send a golden trace to a service and compare its answers with the recorded ones
    #[command(after_help = examples::REPLAY)]
    Replay(replay::ReplayArgs),
    /// Print a completion script
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command line of this process without handlers of its own.
pub fn main() -> ExitCode {
    main_with(crate::Overgrow::builder())
}

/// Runs the command line of this process, serving with the handlers of `builder`: for programs that bring their own
/// handlers and want the whole command line with them.
pub fn main_with(builder: Builder) -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Serve { file, upgrade } => serve::run(builder, &file.file, upgrade, &cli.shared),
        Command::Check { file, json } => check::run(&builder, &file.file, json),
        Command::Demo { legacy, once } => demo::run(legacy.as_deref(), once, &cli.shared),
        Command::Routes { file, json } => table::run(&builder, &file.file, json),
        Command::Explain {
            method,
            url,
            headers,
            client,
            file,
        } => explain::run(
            &builder,
            &file.file,
            &explain::Asked {
                method,
                url,
                headers,
                client,
            },
        ),
        Command::Set {
            route,
            percent,
            file,
        } => dial::set(&builder, &file.file, &route, &percent),
        Command::Rollback {
            route,
            all: _,
            file,
        } => dial::rollback(&builder, &file.file, route.as_deref()),
        Command::Status { ready, admin, file } => match ready {
            true => status::ready(&file.file, &admin),
            false => status::run(&file.file, &admin),
        },
        Command::Parity { route, admin, file } => parity::run(&file.file, &admin, route.as_deref()),
        Command::Pilot(args) => pilot::run(&builder, &args),
        Command::Plugins(args) => plugins::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Replay(args) => replay::run(&builder, &args),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "overgrow",
                &mut std::io::stdout(),
            );
            ExitCode::SUCCESS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        let mut cli = Cli::command();
        let ours = cli.get_subcommands_mut();
        for command in ours.filter(|command| command.get_name() != "help") {
            let help = command.render_help().to_string();
            assert!(help.contains("Examples:\n  overgrow "), "{help}");
        }
    }
}
