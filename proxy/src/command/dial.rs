//! `overgrow set` and `overgrow rollback`: the same edit a person would make, made safely.

use std::path::Path;
use std::process::ExitCode;

use super::{BAD_CONFIGURATION, NO, check, style};
use crate::edit::{self, EditError, Edited, Mark};
use crate::ledger;
use crate::reload;
use crate::route::{By, Dial};
use crate::sidecar::Builder;

pub(super) fn set(builder: &Builder, file: &Path, route: &str, percent: &str) -> ExitCode {
    let Some(dial) = dial_of(percent) else {
        style::complain(&format!(
            "{percent:?} is not a dial; write 0 to 100 with at most two decimals, true or false"
        ));
        return ExitCode::from(2);
    };
    let mark = mark();
    apply(builder, file, |source| {
        edit::set_dial(source, route, dial, &mark)
    })
}

pub(super) fn rollback(builder: &Builder, file: &Path, route: Option<&str>) -> ExitCode {
    let mark = mark();
    match route {
        Some(route) => apply(builder, file, |source| {
            edit::set_dial(source, route, Dial::OFF, &mark)
        }),
        None => apply(builder, file, |source| edit::rollback_all(source, &mark)),
    }
}

/// Whoever types a command has reasons, and is not asked for them.
fn mark() -> Mark {
    Mark::of(By::Cli, ledger::now())
}

fn dial_of(text: &str) -> Option<Dial> {
    match text.trim_end_matches('%').trim() {
        "true" => Some(Dial::FULL),
        "false" => Some(Dial::OFF),
        number => Dial::from_percent(number.parse().ok()?),
    }
}

pub(super) fn apply(
    builder: &Builder,
    file: &Path,
    change: impl Fn(&str) -> Result<String, EditError>,
) -> ExitCode {
    match reload::edit(file, &builder.handler_names(), change) {
        Ok(edited) => {
            tell(&edited, file);
            warn_of_faults(builder, file)
        }
        Err(error) => {
            style::complain(&style::with_causes(&error));
            if matches!(error, EditError::NoSuchRoute(_)) {
                name_the_routes(builder, file);
            }
            ExitCode::from(match error {
                EditError::NotToml(_) | EditError::Read { .. } => BAD_CONFIGURATION,
                _ => NO,
            })
        }
    }
}

/// A file of hundreds is better looked at with `overgrow routes`.
const NAMED: usize = 12;

fn name_the_routes(builder: &Builder, file: &Path) {
    let Ok(config) = check::read(file, &builder.handler_names()) else {
        return;
    };
    let names = config.routes.iter().map(|route| &*route.id);
    let names: Vec<&str> = names.take(NAMED).collect();
    let more = config.routes.len().saturating_sub(NAMED);
    let named = match (names.as_slice(), more) {
        ([], _) => "no routes".to_owned(),
        (_, 0) => names.join(", "),
        (_, more) => format!("{} and {more} more", names.join(", ")),
    };
    eprintln!("  {} has {named}", file.display());
}

/// Shows each line that changed. An edit changes lines or adds them, so the two texts run side by side.
fn tell(edited: &Edited, file: &Path) {
    if edited.before == edited.after {
        return style::say(format_args!("{}: nothing to change", file.display()));
    }
    let mut before = edited.before.lines().peekable();
    for (number, line) in edited.after.lines().enumerate() {
        if before.next_if_eq(&line).is_some() {
            continue;
        }
        style::say(format_args!("{}:{}", file.display(), number + 1));
        if is_dial(line) && before.peek().is_some_and(|old| is_dial(old)) {
            let old = before.next().unwrap_or_default();
            style::say(format_args!("  - {}", old.trim()));
        }
        style::say(format_args!("  + {}", line.trim()));
    }
}

fn is_dial(line: &str) -> bool {
    line.contains("rust")
}

/// A running sidecar keeps its last good version as long as the file has faults, so this edit may not be live.
fn warn_of_faults(builder: &Builder, file: &Path) -> ExitCode {
    if check::read(file, &builder.handler_names()).is_ok() {
        return ExitCode::SUCCESS;
    }
    style::complain(&format!(
        "{} has faults, so a running sidecar does not take this edit: see `overgrow check -c {0}`",
        file.display()
    ));
    ExitCode::from(NO)
}
