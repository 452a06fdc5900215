//! The pilot: walks a route's dial up its gate's steps on evidence, and takes it to zero when rust fails.
//!
//! Only routes with `gate.auto = true`. It judges nothing itself, that is parity's; it turns no dial, but edits
//! routes.toml like anybody. The surprise: a person always wins. A dial that anybody else moved is left alone, even
//! while rust fails there, until it is handed back; and an edit that was made meanwhile is never overwritten.

mod decide;
mod stance;
mod turn;
mod watch;
mod webhook;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use overgrow_parity::{Gate, Judgement, Stop, judge};

pub use self::stance::{Stance, State};

use self::stance::Facts;
use self::turn::Trouble;
use self::webhook::Webhook;
use crate::config::{Auto, GateConfig, Handlers, RouteConfig};
use crate::gateway::Generation;
use crate::ledger::{self, Book, Ledger};
use crate::metrics::PilotMetrics;
use crate::reload::{Nudge, Status};
use crate::route::Dial;

/// Watches over the dials of one sidecar. Cloned cheaply.
#[derive(Clone)]
pub struct Pilot(Arc<Seat>);

struct Seat {
    parts: Parts,
    troubles: Mutex<BTreeMap<String, Trouble>>,
    webhook: Webhook,
}

/// What a pilot sees and has hands on.
pub struct Parts {
    /// What is running.
    pub running: Arc<ArcSwap<Generation>>,
    /// Whether it is what routes.toml says.
    pub status: Arc<ArcSwap<Status>>,
    /// The evidence, and the history of the dials.
    pub ledger: Ledger,
    /// Where moves are counted.
    pub metrics: PilotMetrics,
    /// routes.toml.
    pub file: PathBuf,
    /// Names that routes.toml may use.
    pub handlers: Handlers,
    /// Makes the reloader look.
    pub nudge: Nudge,
}

impl Pilot {
    /// A pilot that does nothing yet; see [`run`](Self::run).
    pub fn new(parts: Parts) -> Self {
        let webhook = Webhook::new(Arc::clone(&parts.running), parts.metrics.clone());
        Self(Arc::new(Seat {
            parts,
            troubles: Mutex::default(),
            webhook,
        }))
    }

    /// How the pilot stands to a route of the running generation.
    pub fn stance(&self, route: &RouteConfig) -> Stance {
        let book = self.0.parts.ledger.find(&route.id);
        let judgement = book.as_deref().map(|book| judgement(book, route));
        self.0.stance(route, book.as_deref(), judgement.as_ref())
    }

    /// The stance to every route that the pilot may move, by route.
    pub fn stances(&self) -> Vec<(String, State)> {
        let generation = self.0.parts.running.load();
        let routes = generation
            .config
            .routes
            .iter()
            .filter(|route| is_auto(route));
        routes
            .map(|route| (route.id.to_string(), self.stance(route).state))
            .collect()
    }
}

impl Seat {
    fn stance(
        &self,
        route: &RouteConfig,
        book: Option<&Book>,
        judgement: Option<&Judgement>,
    ) -> Stance {
        let last = self.parts.ledger.moves(Some(&route.id), 1).pop();
        let trouble = self.troubles().get(&*route.id).map(Trouble::to_string);
        Stance::of(&Facts {
            is_handled: route.handler.is_some(),
            auto: auto_of(route),
            last: last.as_ref(),
            is_rolled_back: book.is_some_and(Book::is_rolled_back),
            is_at_the_end: is_at_the_end(route),
            trouble: trouble.as_deref(),
            judgement,
        })
    }

    fn troubles(&self) -> MutexGuard<'_, BTreeMap<String, Trouble>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the gate of a route says of its book now.
fn judgement(book: &Book, route: &RouteConfig) -> Judgement {
    let now = ledger::now();
    let stop = Stop {
        percent: route.rust.percent(),
        since: book.dial().map_or(now, |stop| stop.since),
        now,
    };
    book.read(|evidence| judge(evidence, &gate_of(route), &stop))
}

/// The gate of a route; one that has none is told by the default what it would take.
pub fn gate_of(route: &RouteConfig) -> Gate {
    let GateConfig {
        steps,
        hold,
        mismatch,
        errors,
        latency,
        auto: _,
    } = route.gate.clone().unwrap_or_default();
    Gate {
        steps: steps.iter().map(|step| step.percent()).collect(),
        hold,
        mismatch,
        errors,
        latency,
    }
}

/// Who may turn the dial of a route besides people.
fn auto_of(route: &RouteConfig) -> Auto {
    route.gate.as_ref().map_or(Auto::Off, |gate| gate.auto)
}

fn is_auto(route: &RouteConfig) -> bool {
    auto_of(route) == Auto::Sidecar
}

fn is_at_the_end(route: &RouteConfig) -> bool {
    let steps = route.gate.as_ref().map(|gate| gate.steps.as_slice());
    let last = steps.and_then(<[Dial]>::last);
    last.is_some_and(|last| route.rust >= *last)
}

impl std::fmt::Debug for Pilot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pilot").finish_non_exhaustive()
    }
}
