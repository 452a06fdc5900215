//! `overgrow set` and `overgrow rollback`: the same edit a person would make, made safely.

use std::path::Path;
use std::process::ExitCode;

use super::{BAD_CONFIGURATION, NO, check, style};
use crate::edit::{self, EditError, Edited};
use crate::reload;
use crate::route::Dial;
use crate::sidecar::Builder;

pub(super) fn set(builder: &Builder, file: &Path, route: &str, percent: &str) -> ExitCode {
    let Some(dial) = dial_of(percent) else {
        style::complain(&format!(
            "{percent:?} is not a dial; write 0 to 100 with at most two decimals, true or false"
        ));
        return ExitCode::from(2);
    };
    apply(builder, file, |source| edit::set_dial(source, route, dial))
}

pub(super) fn rollback(builder: &Builder, file: &Path, route: Option<&str>) -> ExitCode {
    match route {
        Some(route) => apply(builder, file, |source| {
            edit::set_dial(source, route, Dial::OFF)
        }),
        None => apply(builder, file, edit::rollback_all),
    }
}

fn dial_of(text: &str) -> Option<Dial> {
    match text.trim_end_matches('%').trim() {
        "true" => Some(Dial::FULL),
        "false" => Some(Dial::OFF),
        number => Dial::from_percent(number.parse().ok()?),
    }
}

fn apply(
    builder: &Builder,
    file: &Path,
    change: impl Fn(&str) -> Result<String, EditError>,
) -> ExitCode {
    match reload::edit(file, &builder.handler_names(), change) {
        Ok(edited) => {
            tell(&edited, file);
            ExitCode::SUCCESS
        }
        Err(error) => {
            style::complain(&style::with_causes(&error));
            if matches!(error, EditError::NoSuchRoute(_)) {
                name_the_routes(builder, file);
            }
            ExitCode::from(if matches!(error, EditError::NotToml(_)) {
                BAD_CONFIGURATION
            } else {
                NO
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
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    eprintln!("  {} has {}{rest}", file.display(), names.join(", "));
}

/// Shows the lines that changed.
fn tell(edited: &Edited, file: &Path) {
    if edited.before == edited.after {
        return style::say(format_args!("{}: nothing to change", file.display()));
    }
    let before: Vec<&str> = edited.before.lines().collect();
    let after: Vec<&str> = edited.after.lines().collect();
    let head = before
        .iter()
        .zip(&after)
        .take_while(|(old, new)| old == new)
        .count();
    let tail = before[head..]
        .iter()
        .rev()
        .zip(after[head..].iter().rev())
        .take_while(|(old, new)| old == new)
        .count();
    style::say(format_args!("{}:{}", file.display(), head + 1));
    let gone = before[head..before.len() - tail]
        .iter()
        .filter(|line| !after[head..after.len() - tail].contains(line));
    let come = after[head..after.len() - tail]
        .iter()
        .filter(|line| !before[head..before.len() - tail].contains(line));
    gone.for_each(|line| style::say(format_args!("  - {}", line.trim())));
    come.for_each(|line| style::say(format_args!("  + {}", line.trim())));
}
