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
    edit::apply(file, |source| {
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
    })
}
