//! `overgrow pilot resume`: notes in routes.toml that a route is the pilot's again.

use std::path::Path;
use std::process::ExitCode;

use crate::command::dial;
use crate::edit;
use crate::ledger;
use crate::sidecar::Builder;

pub(super) fn run(builder: &Builder, file: &Path, route: &str) -> ExitCode {
    let at = ledger::now();
    dial::apply(builder, file, |source| edit::resume(source, route, at))
}
