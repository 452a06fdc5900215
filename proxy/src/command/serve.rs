//! `overgrow serve`.

use std::path::Path;
use std::process::ExitCode;

use super::log::Log;
use super::{BAD_CONFIGURATION, NO, Shared, style};
use crate::sidecar::{Builder, Running, StartError};

/// Open files that ten thousand clients need, both ways, are far past the usual soft limit.
fn raise_open_files() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

pub(super) fn run(builder: Builder, file: &Path, upgrade: bool, shared: &Shared) -> ExitCode {
    let log = Log::start(shared);
    raise_open_files();
    let builder = builder.config_file(file);
    let builder = if upgrade { builder.upgrade() } else { builder };
    match builder.start() {
        Ok(mut running) => {
            // Whoever has read the line may send a signal at once.
            if let Err(error) = running.hear_signals() {
                tracing::warn!(%error, "cannot listen for signals");
            }
            style::say(ready_line(&running));
            running.count_dropped_lines(log.dropped());
            running.until_signal();
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// The one line scripts wait for.
pub(super) fn ready_line(running: &Running) -> String {
    let listen: Vec<String> = running.listen().iter().map(ToString::to_string).collect();
    format!(
        "overgrow ready listen={} admin={} routes={} after={}ms",
        listen.join(","),
        running.admin(),
        running.routes(),
        running.ready_after().as_millis(),
    )
}

/// Tells why the sidecar did not start.
pub(super) fn fail(error: &StartError) -> ExitCode {
    match error {
        StartError::Config(faults) => {
            if style::colours_on_stderr() {
                eprintln!("{}", faults.coloured());
            } else {
                eprintln!("{faults}");
            }
            ExitCode::from(BAD_CONFIGURATION)
        }
        StartError::Read { .. } => {
            style::complain(&style::with_causes(error));
            eprintln!("  give the file with -c, or begin with this one:\n");
            eprintln!("    [legacy]");
            eprintln!("    url = \"http://127.0.0.1:3000\"   # the service to stand in front of");
            ExitCode::from(BAD_CONFIGURATION)
        }
        _ => {
            style::complain(&style::with_causes(error));
            ExitCode::from(NO)
        }
    }
}
