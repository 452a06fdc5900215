//! Edits of routes.toml that never make a good file bad.

use std::path::Path;

use crate::config::{Config, Handlers};
use crate::edit::{self, EditError, Edited};

/// Changes the file unless that would put a fault into it. A file that has faults already may still be changed: that
/// is when a rollback matters.
///
/// # Errors
/// What `change` says, the faults the change would bring, or why the file could not be replaced.
pub fn edit(
    file: &Path,
    handlers: &Handlers,
    change: impl Fn(&str) -> Result<String, EditError>,
) -> Result<Edited, EditError> {
    edit::apply(file, |source| checked(file, source, handlers, &change))
}

/// What [`edit()`] would do, without doing it.
///
/// # Errors
/// As [`edit()`], but for what only shows when a file is replaced.
pub fn rehearse(
    file: &Path,
    handlers: &Handlers,
    change: impl Fn(&str) -> Result<String, EditError>,
) -> Result<Edited, EditError> {
    let before = std::fs::read_to_string(file).map_err(|source| EditError::Read {
        path: file.to_owned(),
        source,
    })?;
    let after = checked(file, &before, handlers, &change)?;
    Ok(Edited { before, after })
}

fn checked(
    file: &Path,
    source: &str,
    handlers: &Handlers,
    change: impl Fn(&str) -> Result<String, EditError>,
) -> Result<String, EditError> {
    let edited = change(source)?;
    match Config::parse(&edited, handlers) {
        Err(faults) if Config::parse(source, handlers).is_ok() => {
            let faults = faults.named(file.display().to_string());
            Err(EditError::Refused(format!(
                "the file would have faults\n{faults}"
            )))
        }
        _ => Ok(edited),
    }
}
