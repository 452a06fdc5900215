//! The one file: where its dials stand, who moved them, and the pilot's own moves.
//!
//! It must not know the fleet. The surprise: a route whose note names another number than its dial was turned by hand,
//! and belongs to that hand until somebody gives it back.

use std::path::Path;

use overgrow_parity::Gate;

use crate::config::{Auto, Config, Handlers};
use crate::edit::{self, EditError, Edited, Mark, Note, What};
use crate::pilot::gate_of;
use crate::reload;
use crate::route::{By, Dial};

use super::Stance;

/// A route that the pilot may move.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its id.
    pub route: String,
    /// Where its dial stands.
    pub dial: Dial,
    /// What the pilot may do.
    pub stance: Stance,
    /// What it asks for before it rises.
    pub gate: Gate,
}

/// The routes with `gate.auto`, in file order. Sidecars leave those alone that say `"fleet"`.
///
/// # Errors
/// When the text, which was read for `config`, is not TOML.
pub fn standings(source: &str, config: &Config) -> Result<Vec<Standing>, EditError> {
    let notes = edit::notes(source)?;
    let routes = config.routes.iter().filter_map(|route| {
        route.gate.as_ref().filter(|gate| gate.auto != Auto::Off)?;
        Some(Standing {
            route: route.id.to_string(),
            dial: route.rust,
            stance: stance(route.rust, notes.get(&*route.id)),
            gate: gate_of(route),
        })
    });
    Ok(routes.collect())
}

/// Turns a dial in the file, unless somebody else was there since it stood at `from`; the note says why.
///
/// # Errors
/// As [`reload::edit`]; [`EditError::Moved`] when somebody was.
pub fn write(
    file: &Path,
    handlers: &Handlers,
    route: &str,
    [from, to]: [Dial; 2],
    mark: &Mark,
) -> Result<Edited, EditError> {
    reload::edit(file, handlers, |source| {
        turned(source, route, [from, to], mark)
    })
}

/// The same in a text.
///
/// # Errors
/// As [`edit::move_dial`].
pub(super) fn turned(
    source: &str,
    route: &str,
    [from, to]: [Dial; 2],
    mark: &Mark,
) -> Result<String, EditError> {
    edit::move_dial(source, route, from, to, mark)
}

fn stance(dial: Dial, note: Option<&Note>) -> Stance {
    let Some(note) = note else {
        return Stance::Free;
    };
    match (&note.what, note.by) {
        _ if note.leaves() != dial => Stance::Paused(format!("set to {dial} % by hand")),
        (What::Moved { from, to, .. }, By::Pilot) if to.is_off() && !from.is_off() => {
            Stance::RolledBack(note.at)
        }
        (_, By::Pilot) => Stance::Free,
        (_, by) => Stance::Paused(format!("set to {dial} % by {by}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Stance) {
        let source = format!(
            "[legacy]\nurl = \"http://127.0.0.1:1\"\n[[route]]\nid = \"orders\"\n\
             match = {{ path = \"/o\" }}\nhandler = \"http://127.0.0.1:2\"\n{line}\ngate = {{ auto = true }}\n"
        );
        let config = Config::parse(&source, &Handlers::default()).unwrap();
        let found = standings(&source, &config).unwrap();
        assert_eq!(found[0].stance, expect, "{line}");
    }

    #[test]
    fn a_dial_belongs_to_whoever_turned_it_last() {
        const AT: &str = "2026-11-20T18:00:00Z";
        let paused = |why: &str| Stance::Paused(why.to_owned());
        check("", Stance::Free);
        check("rust = 5", Stance::Free);
        check("rust = 5 # canary", Stance::Free);
        check(&format!("rust = 5 # pilot {AT} 0 -> 5: fine"), Stance::Free);
        check(
            &format!("rust = 10 # pilot {AT} 0 -> 5: fine"),
            paused("set to 10 % by hand"),
        );
        check(
            &format!("rust = 5 # cli {AT} 25 -> 5"),
            paused("set to 5 % by cli"),
        );
        check(&format!("rust = 0 # pilot {AT} resumed at 0"), Stance::Free);
        check(
            &format!("rust = 0 # pilot {AT} 5 -> 0: broken"),
            Stance::RolledBack(1_795_197_600),
        );
    }
}
