//! `overgrow demo` (filled below).

use std::process::ExitCode;

use super::Shared;

pub(super) fn run(_legacy: Option<&str>, _once: bool, _shared: &Shared) -> ExitCode {
    ExitCode::SUCCESS
}
