//! What concerns several routes: an id used twice, a route that no request can reach.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::route::{Known, RouteFile};
use crate::config::RouteConfig;
use crate::config::fault::Notes;
use crate::route::{Rule, Unreachable, unreachable};

/// The checked routes in the order of the file.
pub(super) fn check(
    files: Vec<RouteFile>,
    defaults: &RouteFile,
    known: &Known<'_>,
    notes: &mut Notes,
) -> Vec<RouteConfig> {
    duplicates(&files, notes);
    let ids: Vec<_> = files
        .iter()
        .filter(|file| file.matcher.is_some())
        .filter_map(|file| file.id.clone())
        .collect();
    let routes: Vec<_> = files
        .into_iter()
        .filter_map(|file| file.check(defaults, known, notes))
        .collect();
    unreached(&ids, &routes, notes);
    routes
}

fn duplicates(files: &[RouteFile], notes: &mut Notes) {
    let mut seen: HashMap<Arc<str>, Range<usize>> = HashMap::new();
    for id in files.iter().filter_map(|file| file.id.as_ref()) {
        match seen.get(id.get_ref()) {
            Some(first) => {
                let note = notes.add(
                    id.span(),
                    format!("the id `{}` is used twice", id.get_ref()),
                );
                note.help("every route has an id of its own")
                    .other(first.clone(), "first used here");
            }
            None => drop(seen.insert(id.get_ref().clone(), id.span())),
        }
    }
}

/// `ids` are those of `routes`, with their places.
fn unreached(ids: &[Spanned<Arc<str>>], routes: &[RouteConfig], notes: &mut Notes) {
    let rules: Vec<Rule> = routes.iter().map(RouteConfig::rule).collect();
    for Unreachable { rule, by } in unreachable(&rules) {
        let (Some(rule), Some(by)) = (ids.get(rule), ids.get(by)) else {
            continue;
        };
        let message = format!(
            "no request can reach `{}`: `{}` takes them all first",
            rule.get_ref(),
            by.get_ref()
        );
        let note = notes.add(rule.span(), message);
        note.help("the first match in the file wins; move this route up, or remove it")
            .other(by.span(), "takes them");
    }
}
