//! `overgrow demo`.

use std::process::ExitCode;

use super::log::Log;
use super::{NO, Shared, serve, style};
use crate::demo::{Demo, DemoError, Look, Then};

pub(super) fn run(legacy: Option<&str>, once: bool, shared: &Shared) -> ExitCode {
    // The story is told on its own; lines of the log between its own would spoil it.
    let _log = (shared.verbose > 0).then(|| Log::start(shared));
    let demo = Demo {
        legacy: legacy.map(str::to_owned),
        then: if once { Then::End } else { Then::Stay },
        look: look(),
    };
    match demo.run() {
        Ok(outcome) if outcome.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(NO),
        Err(DemoError::Start(error)) => serve::fail(&error),
        Err(error) => {
            style::complain(&style::with_causes(&error));
            ExitCode::from(NO)
        }
    }
}

fn look() -> Look {
    match (style::is_terminal_on_stdout(), style::colours_on_stdout()) {
        (false, _) => Look::Plain,
        (true, false) => Look::Terminal,
        (true, true) => Look::Coloured,
    }
}
