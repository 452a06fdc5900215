//! From what is so to what is to be said of the legacy; pure.

use std::time::Duration;

use super::Reason;

/// What the verdict is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Whether routes.toml says where the legacy is.
    pub is_named: bool,
    /// Every route, in file order.
    pub routes: Vec<RouteFacts>,
    /// Plugins that were granted methods of the legacy.
    pub plugins: Vec<String>,
    /// Dispatches and messages that wait to be delivered to it, or that it has not answered yet.
    pub waiting: u64,
    /// Requests and WebSockets of clients that are open to it.
    pub open: u64,
    /// How long it has not been used, as far as somebody watched.
    pub idle: Duration,
    /// How long that must be: `[legacy].idle`.
    pub limit: Duration,
}

/// What is known of one route.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RouteFacts {
    /// Its id.
    pub id: String,
    /// The dial in percent; `None` where nobody but the legacy answers.
    pub rust: Option<f64>,
    /// Whether its gate holds.
    pub gate: Gate,
    /// What its handler leaves to the legacy.
    pub leaves: Vec<String>,
}

/// What the evidence says of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gate {
    /// Both sides answer alike, as far as the gate asks.
    #[default]
    Holds,
    /// That is not known, or not so.
    Waits,
}

/// Whether the legacy is needed.
#[derive(Debug, Clone, PartialEq)]
pub enum Legacy {
    /// There is none.
    Gone,
    /// Something stands in the way; never empty.
    Needed {
        /// What, by kind.
        why: Vec<Reason>,
    },
    /// Nothing does, but it has not been idle for long enough.
    Idle {
        /// How long it has not been used.
        since: Duration,
        /// How long it still takes.
        left: Duration,
    },
    /// It can be switched off.
    CanGo {
        /// How long it has not been used.
        since: Duration,
    },
}

impl Legacy {
    /// Whether it must not be switched off yet.
    pub fn is_needed(&self) -> bool {
        matches!(self, Self::Needed { .. } | Self::Idle { .. })
    }

    /// A word for machines.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Needed { .. } => "needed",
            Self::Idle { .. } => "idle",
            Self::CanGo { .. } => "can-go",
        }
    }
}

/// The verdict.
pub fn judge(facts: &Facts) -> Legacy {
    if !facts.is_named {
        return Legacy::Gone;
    }
    let why = reasons(facts);
    if !why.is_empty() {
        return Legacy::Needed { why };
    }
    match facts.limit.saturating_sub(facts.idle) {
        Duration::ZERO => Legacy::CanGo { since: facts.idle },
        left => Legacy::Idle {
            since: facts.idle,
            left,
        },
    }
}

/// A route is told by the first thing that keeps it: a gate is of no interest while the dial is not at its end.
fn reasons(facts: &Facts) -> Vec<Reason> {
    let of_routes = |keeps: fn(&RouteFacts) -> Option<String>| {
        let routes = facts.routes.iter();
        routes.filter_map(keeps).collect::<Vec<_>>()
    };
    let reasons = [
        Reason::Unhandled(of_routes(unhandled)),
        Reason::Split(of_routes(split)),
        Reason::Leaves(of_routes(leaving)),
        Reason::Gate(of_routes(gated)),
        Reason::Plugins(facts.plugins.clone()),
        Reason::Waiting(facts.waiting),
        Reason::Open(facts.open),
    ];
    reasons.into_iter().filter(Reason::is_one).collect()
}

fn unhandled(route: &RouteFacts) -> Option<String> {
    route.rust.is_none().then(|| route.id.clone())
}

fn split(route: &RouteFacts) -> Option<String> {
    let rust = route.rust.filter(|rust| *rust < 100.0)?;
    Some(format!("{} ({rust} %)", route.id))
}

fn is_full(route: &RouteFacts) -> bool {
    route.rust.is_some_and(|rust| rust >= 100.0)
}

fn leaving(route: &RouteFacts) -> Option<String> {
    let first = route.leaves.first().filter(|_| is_full(route))?;
    Some(match route.leaves.len() - 1 {
        0 => format!("{} ({first})", route.id),
        more => format!("{} ({first}, and {more} more)", route.id),
    })
}

/// What each gate waits for is a sentence of its own, and told beside the route.
fn gated(route: &RouteFacts) -> Option<String> {
    let waits = route.gate == Gate::Waits && is_full(route);
    waits.then(|| route.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn native(id: &str) -> RouteFacts {
        RouteFacts {
            id: id.into(),
            rust: Some(100.0),
            ..RouteFacts::default()
        }
    }

    fn done() -> Facts {
        Facts {
            is_named: true,
            routes: vec![native("a"), native("b")],
            idle: HOUR * 24,
            limit: HOUR * 24,
            ..Facts::default()
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Facts), expect: &str) {
        let mut facts = done();
        change(&mut facts);
        assert_eq!(judge(&facts).to_string(), expect);
    }

    #[test]
    fn it_can_go_when_nothing_needs_it_and_it_was_idle_for_long_enough() {
        assert_eq!(judge(&done()), Legacy::CanGo { since: HOUR * 24 });
        check(
            |_| (),
            "can be switched off: every route is native, and nobody has needed the legacy for 1day",
        );
        check(
            |facts| facts.idle = HOUR,
            "not needed for 1h: it can be switched off after another 23h without use",
        );
        check(
            |facts| facts.limit = Duration::ZERO,
            "can be switched off: every route is native, and nobody has needed the legacy for 1day",
        );
    }

    #[test]
    fn without_one_there_is_nothing_to_say_of_it() {
        check(
            |facts| {
                *facts = Facts {
                    is_named: false,
                    ..done()
                }
            },
            "none: routes.toml names no legacy",
        );
    }

    #[test]
    fn a_route_that_it_answers_needs_it() {
        check(
            |facts| facts.routes[0].rust = None,
            "needed: it alone answers a",
        );
        check(
            |facts| facts.routes[1].rust = Some(99.99),
            "needed: it answers part of b (99.99 %)",
        );
        check(
            |facts| facts.routes[0].rust = Some(0.0),
            "needed: it answers part of a (0 %)",
        );
    }

    #[test]
    fn a_native_route_needs_it_until_its_gate_holds_and_nothing_is_left() {
        check(
            |facts| facts.routes[0].gate = Gate::Waits,
            "needed: the gate of a does not hold",
        );
        check(
            |facts| facts.routes[0].leaves = vec!["agents' turns".into(), "wakes".into()],
            "needed: it does what is left by a (agents' turns, and 1 more)",
        );
    }

    #[test]
    fn a_route_is_told_once_by_what_comes_first() {
        check(
            |facts| {
                facts.routes[0].rust = Some(25.0);
                facts.routes[0].gate = Gate::Waits;
                facts.routes[0].leaves = vec!["turns".into()];
            },
            "needed: it answers part of a (25 %)",
        );
    }

    #[test]
    fn what_is_on_its_way_needs_it_whatever_the_routes_say() {
        check(
            |facts| facts.waiting = 1,
            "needed: 1 dispatch or message waits for it",
        );
        check(
            |facts| facts.waiting = 7,
            "needed: 7 dispatches or messages wait for it",
        );
        check(
            |facts| facts.open = 2,
            "needed: 2 requests or WebSockets are open to it",
        );
        check(
            |facts| facts.plugins = vec!["zalo".into()],
            "needed: its methods are granted to the plugin zalo",
        );
    }

    #[test]
    fn only_the_first_few_routes_are_named() {
        check(
            |facts| {
                facts.routes = (0..500)
                    .map(|at| RouteFacts {
                        rust: None,
                        ..native(&format!("r{at}"))
                    })
                    .collect();
            },
            "needed: it alone answers r0, r1, r2 and 497 more",
        );
        check(
            |facts| {
                facts.routes[0].rust = None;
                facts.routes[1].rust = Some(5.0);
            },
            "needed: it alone answers a; it answers part of b (5 %)",
        );
    }
}
