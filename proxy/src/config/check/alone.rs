//! A file that names no legacy: what it then must not ask for.
//!
//! It knows what only a legacy does, not why there is none. The surprise: a file whose routes all answer for themselves
//! needs no `[legacy]` at all; every other one is told by route what is in the way.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use crate::config::fault::Notes;
use crate::config::read::Section;
use crate::config::{HandlerRef, Handlers};
use crate::route::Dial;

/// One route without a legacy behind it.
pub(super) struct Missing<'a> {
    pub(super) id: &'a Spanned<Arc<str>>,
    pub(super) notes: &'a mut Notes,
}

/// Neither a legacy nor a route: whoever wrote this has not begun.
/// `written` is where there is a `[legacy]` that names none.
pub(super) fn nothing(root: &mut Section<'_, '_>, written: Option<Range<usize>>) {
    match written {
        None => root
            .fault("`[legacy]` is missing")
            .help("add [legacy] with url = \"http://127.0.0.1:18789\""),
        Some(legacy) => root
            .notes()
            .add(legacy, "`url` is missing")
            .help("say where the legacy is: url = \"http://127.0.0.1:18789\""),
    };
}

/// A plugin was granted what only a legacy can give.
pub(super) fn plugin(name: &str, table: Range<usize>, notes: &mut Notes) {
    let message = format!("the plugin `{name}` calls the legacy, and none is named");
    let help = "remove `legacy` and `inbound` from its table, or say where the legacy is: [legacy] with url";
    notes.add(table, message).help(help);
}

impl Missing<'_> {
    /// The route has no handler.
    pub(super) fn handler(&mut self) {
        let message = format!(
            "nobody answers `{}`: it has no handler, and no legacy is named",
            self.id.get_ref()
        );
        let help = "add `handler` and rust = true, remove the route, or say where the legacy is: [legacy] with url";
        self.notes.add(self.id.span(), message).help(help);
    }

    /// The dial is not at its end. `written` is where the route itself says so.
    pub(super) fn rest(&mut self, written: Option<Range<usize>>, dial: Dial) {
        let message = format!(
            "`{}` answers {dial} % of its requests, and no legacy is named for the rest",
            self.id.get_ref()
        );
        self.notes
            .add(written.unwrap_or(self.id.span()), message)
            .help("write rust = true, or say where the legacy is: [legacy] with url");
    }

    /// The handler may do its work in part only.
    pub(super) fn part_of(&mut self, handler: &Spanned<HandlerRef>, known: &Handlers) {
        let HandlerRef::Named(name) = handler.get_ref() else {
            return;
        };
        if known.leaves_to_legacy(name) {
            let message = format!(
                "`{name}` leaves part of `{}` to the legacy, and none is named",
                self.id.get_ref()
            );
            let help = "name another handler, remove the route, or say where the legacy is: [legacy] with url";
            self.notes.add(handler.span(), message).help(help);
        }
    }

    /// The route asks for an answer of the legacy when its own fails.
    pub(super) fn fallback(&mut self, asked: Option<Range<usize>>) {
        if let Some(asked) = asked {
            self.notes
                .add(asked, "`fallback` asks the legacy, and none is named")
                .help("remove it, or say where the legacy is: [legacy] with url");
        }
    }

    /// The route wants to be compared with the legacy.
    pub(super) fn shadow(&mut self, asked: Option<Range<usize>>) {
        if let Some(asked) = asked {
            self.notes
                .add(asked, "`shadow` asks the legacy, and none is named")
                .help("remove it, or say where the legacy is: [legacy] with url");
        }
    }
}
