//! Routes that run at zero although routes.toml says otherwise, because a rollback could not be written or not be read.
//!
//! The file stays the one truth: what is kept here is given up as soon as the route's line says anything new.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::edit::{self, Note};
use crate::route::Dial;

/// The routes, and what the file says of each.
#[derive(Debug, Default)]
pub(super) struct Lowered(BTreeMap<String, Down>);

/// Where a route stood, and since when it does not, in unix seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Down {
    from: Dial,
    at: u64,
}

impl Lowered {
    /// The route runs at zero from this time on, until its line has another dial or a later note.
    pub(super) fn add(&mut self, route: &str, from: Dial, at: u64) {
        self.0.insert(route.to_owned(), Down { from, at });
    }

    /// Turns down what is still to be down, and gives up the rest.
    pub(super) fn apply(&mut self, config: &mut Config, source: &[u8]) {
        if self.0.is_empty() {
            return;
        }
        let source = std::str::from_utf8(source).unwrap_or_default();
        let notes = edit::notes(source).unwrap_or_default();
        self.0.retain(|id, down| {
            let mut routes = config.routes.iter_mut();
            let Some(route) = routes.find(|route| *route.id == **id) else {
                return false;
            };
            let stands = route.rust == down.from && !down.is_overruled(notes.get(id));
            if stands {
                route.rust = Dial::OFF;
            }
            stands
        });
    }

    /// What to tell people, if anything runs otherwise than the file says.
    pub(super) fn report(&self) -> Option<String> {
        let routes: Vec<String> = self
            .0
            .iter()
            .map(|(route, down)| format!("`{route}` runs at 0, and the file says {}", down.from))
            .collect();
        (!routes.is_empty()).then(|| {
            let routes = routes.join("; ");
            format!("{routes}: the pilot rolled back and could not write it; set the dial in the file to agree or to overrule")
        })
    }
}

impl Down {
    fn is_overruled(&self, note: Option<&Note>) -> bool {
        note.is_some_and(|note| note.at > self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Handlers;

    /// Lowers a route from 25 at noon, and gives its dial when its line is this one.
    fn check(line: &str, expect: f64) {
        let source = format!(
            "[legacy]\nurl = \"http://a\"\n[[route]]\nid = \"a\"\nmatch = {{ path = \"/\" }}\nhandler = \"x\"\n{line}\n"
        );
        let mut config = Config::parse(&source, &Handlers::new(["x"])).unwrap();
        let stands = config.routes[0].rust.percent() == 25.0 && expect == 0.0;
        let mut lowered = Lowered::default();
        lowered.add("a", Dial::from_percent(25.0).unwrap(), 1_795_176_000);
        lowered.apply(&mut config, source.as_bytes());
        assert_eq!(config.routes[0].rust.percent(), expect, "{line}");
        assert_eq!(lowered.report().is_some(), stands, "{line}");
    }

    #[test]
    fn a_route_stays_down_until_its_line_says_something_new() {
        check("rust = 25", 0.0);
        check("rust = 25 # pilot 2026-11-20T11:00:00Z 5 -> 25", 0.0);
        check("rust = 25 # pilot 2026-11-20T13:00:00Z resumed at 25", 25.0);
        check("rust = 10", 10.0);
        check("rust = 0 # pilot 2026-11-20T12:00:00Z 25 -> 0", 0.0);
    }
}
