//! One accepted version of routes.toml, compiled and ready to answer.
//!
//! A reload builds the next generation beside the running one and swaps the pointer. Upstreams that did not change
//! are carried over with their pools, so that editing a dial costs no connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use overgrow_handler::{Handler, Registry};

use crate::admit::{Admission, Unusable};
use crate::backend::upstream::{Checks, Reach, Upstream};
use crate::backend::{Backend, Native};
use crate::config::{Config, GateConfig, HandlerRef, LegacyConfig, RouteConfig, UpstreamUrl};
use crate::ledger::{self, Book, Ledger};
use crate::metrics::{Metrics, RouteMetrics, Thresholds};
use crate::natives::{NativeError, Natives};
use crate::retire::Watch;
use crate::route::{Side, Table};
use crate::shadow::{self, Judge, Lane, Shadow};

/// Counted under this route when no rule matches.
pub(super) const UNMATCHED: &str = "-";

/// A version of the configuration at work.
#[derive(Debug)]
pub struct Generation {
    /// Counts accepted versions, from 1.
    pub number: u64,
    /// The checked file.
    pub config: Config,
    /// Who decides.
    pub table: Table,
    /// The service being replaced, until it is gone.
    pub legacy: Option<Backend>,
    routes: Vec<Arc<Route>>,
    unmatched: Arc<Route>,
    upstreams: BTreeMap<String, Arc<Upstream>>,
}

/// What a matched request needs to know of its route.
#[derive(Debug)]
pub struct Route {
    /// The label in metrics.
    pub id: Arc<str>,
    /// Who answers on the rust side.
    pub rust: Option<Backend>,
    /// Ask the legacy when the rust side fails before its first byte.
    pub fallback: bool,
    /// Limit until the head of a native answer.
    pub rust_timeout: Duration,
    /// Limit until the head of a legacy answer.
    pub legacy_timeout: Duration,
    /// The route's series.
    pub metrics: RouteMetrics,
    /// Is told whenever a client needed the legacy.
    pub watch: Watch,
    /// Asks the other side, where the route says so.
    pub shadow: Option<Arc<Shadow>>,
    /// What is told of requests that only one side is asked, where the route has a gate.
    pub book: Option<Arc<Book>>,
    /// Who is let in, where the route says so.
    pub admission: Option<Arc<Admission>>,
    /// What the rust side leaves to the legacy even where it answers.
    leaves: Option<Handler>,
}

/// What every generation is built from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Handlers of this program.
    pub handlers: Registry,
    /// Handlers of overgrow's own.
    pub natives: Natives,
    /// Where counts go.
    pub metrics: Metrics,
    /// Names the build of this program; asked for when a route is shadowed.
    pub build: fn() -> u64,
    /// Who asks the other side.
    pub lane: Lane,
    /// Where evidence is kept.
    pub ledger: Ledger,
    /// Since when nobody needed the legacy.
    pub watch: Watch,
}

/// A checked file cannot be put to work.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Who is let in cannot be judged: a secret is not there, say.
    #[error("route `{route}`: {source}")]
    Admission {
        /// The route that asks.
        route: Arc<str>,
        /// Why not.
        source: Unusable,
    },
    /// A handler of overgrow's own cannot be made.
    #[error("route `{route}`: {source}")]
    Native {
        /// The route that names it.
        route: Arc<str>,
        /// Why not.
        source: NativeError,
    },
    /// There is no legacy, and handlers leave something to it.
    #[error("no legacy is named in [legacy], and these routes leave something to it: {0}")]
    LeavesToNobody(String),
    /// What plugins and messages need cannot be had.
    #[error("[plugins]: {0}")]
    Plugins(#[source] NativeError),
}

impl Generation {
    /// Compiles a checked file. Must run inside a tokio runtime: new upstreams start their health checks there.
    ///
    /// # Errors
    /// When what a route needs besides the file is not there; nothing has changed then.
    pub fn build(
        config: Config,
        parts: &Parts,
        previous: Option<&Self>,
    ) -> Result<Self, BuildError> {
        // Before the routes: what a handler acts through may depend on them.
        parts.natives.read_settings(&config);
        let built = Self::compile(config, parts, previous);
        match (&built, previous) {
            (Ok(built), _) => parts.natives.follow(&built.config),
            (Err(_), Some(previous)) => parts.natives.stay(&previous.config),
            (Err(_), None) => {}
        }
        built
    }

    fn compile(config: Config, parts: &Parts, previous: Option<&Self>) -> Result<Self, BuildError> {
        let mut upstreams = Upstreams {
            kept: previous.map(|old| &old.upstreams),
            used: BTreeMap::new(),
        };
        parts
            .natives
            .open_plugins(&config)
            .map_err(BuildError::Plugins)?;
        let legacy = legacy_reach(&config.legacy).map(|reach| upstreams.of(reach));
        let known = Known {
            parts,
            legacy: legacy.map(Backend::Upstream),
            config: &config,
            previous,
        };
        let routes = config.routes.iter();
        let routes = routes.map(|route| known.route(route, &mut upstreams));
        let routes: Vec<_> = routes.collect::<Result<_, _>>()?;
        known.stand_alone(&routes)?;
        let unmatched = known.unmatched(&config.legacy);
        let generation = Self {
            number: previous.map_or(1, |old| old.number + 1),
            table: Table::new(config.rules()),
            legacy: known.legacy,
            upstreams: upstreams.used,
            routes,
            unmatched,
            config,
        };
        generation.show_dials(&parts.metrics);
        Ok(generation)
    }

    /// The route a decision names.
    pub fn route(&self, index: Option<usize>) -> &Arc<Route> {
        index
            .and_then(|index| self.routes.get(index))
            .unwrap_or(&self.unmatched)
    }

    /// Who answers in the end: without a legacy everything is answered in here, if only by a refusal.
    pub fn side(&self, decided: Side) -> Side {
        match self.legacy {
            Some(_) => decided,
            None => Side::Rust,
        }
    }

    /// The shadow of a route, if it has one.
    pub fn shadow(&self, id: &str) -> Option<&Arc<Shadow>> {
        self.known(id)?.shadow.as_ref()
    }

    fn known(&self, id: &str) -> Option<&Arc<Route>> {
        self.routes.iter().find(|route| *route.id == *id)
    }

    /// What a route leaves to the legacy even where rust answers, one line each.
    pub fn leaves(&self, id: &str) -> Vec<String> {
        let handler = self.known(id).and_then(|route| route.leaves.as_ref());
        handler.map(Handler::leaves).unwrap_or_default()
    }

    /// Every upstream in use.
    pub fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }

    fn show_dials(&self, metrics: &Metrics) {
        let _alone = metrics.alone();
        metrics.dials(
            self.config
                .routes
                .iter()
                .map(|route| (&*route.id, route.rust.percent())),
        );
        let routes = self.config.routes.iter();
        let judged = routes.filter(|route| route.handler.is_some());
        metrics.gates(judged.map(|route| (&*route.id, thresholds(route.gate.as_ref()))));
    }
}

/// A route without a gate is measured by the default one.
fn thresholds(gate: Option<&GateConfig>) -> Thresholds {
    let gate = gate.cloned().unwrap_or_default();
    Thresholds {
        mismatch: gate.mismatch,
        errors: gate.errors,
        latency: gate.latency,
    }
}

/// How the legacy is reached, while there is one.
fn legacy_reach(legacy: &LegacyConfig) -> Option<Reach> {
    (!legacy.urls.is_empty()).then(|| Reach {
        urls: legacy.urls.clone(),
        connect_timeout: legacy.connect_timeout,
        health: legacy.health.clone(),
        checks: Checks::WhenUseful,
    })
}

/// Upstreams by what reaches them.
struct Upstreams<'a> {
    kept: Option<&'a BTreeMap<String, Arc<Upstream>>>,
    used: BTreeMap<String, Arc<Upstream>>,
}

impl Upstreams<'_> {
    fn of(&mut self, reach: Reach) -> Arc<Upstream> {
        let key = format!("{reach:?}");
        let kept = self.kept;
        let upstream = self.used.entry(key).or_insert_with_key(|key| {
            kept.and_then(|kept| kept.get(key))
                .cloned()
                .unwrap_or_else(|| Upstream::new(reach))
        });
        Arc::clone(upstream)
    }
}

/// What routes are made of.
struct Known<'a> {
    parts: &'a Parts,
    legacy: Option<Backend>,
    config: &'a Config,
    previous: Option<&'a Generation>,
}

impl Known<'_> {
    fn route(
        &self,
        route: &RouteConfig,
        upstreams: &mut Upstreams<'_>,
    ) -> Result<Arc<Route>, BuildError> {
        let legacy = &self.config.legacy;
        let handler = self.handler(route)?;
        let native = |handler: &Handler| Backend::Native(Native::new(handler.clone()));
        let rust = match (&handler, &route.handler) {
            (Some(handler), _) => Some(native(handler)),
            (None, Some(HandlerRef::Upstream(url))) => Some(service(url, legacy, upstreams)),
            (None, _) => None,
        };
        let sides = rust.as_ref().zip(self.legacy.as_ref());
        let shadowed = sides.filter(|_| route.shadow.sample > 0.0);
        let shadow = shadowed.map(|(rust, other)| self.shadow(route, other.clone(), rust.clone()));
        let gated = rust.as_ref().filter(|_| route.gate.is_some());
        Ok(Arc::new(Route {
            id: Arc::clone(&route.id),
            admission: self.admission(route)?,
            leaves: handler,
            shadow,
            book: gated.map(|_| self.book(route)),
            rust,
            fallback: route.fallback,
            rust_timeout: route.timeout.unwrap_or(legacy.response_timeout),
            legacy_timeout: route.timeout.unwrap_or(legacy.response_timeout),
            metrics: self.parts.metrics.route(&route.id),
            watch: self.parts.watch.clone(),
        }))
    }

    /// Handlers of a program tell only when they are made what they leave to the legacy.
    fn stand_alone(&self, routes: &[Arc<Route>]) -> Result<(), BuildError> {
        let leaving = |route: &Arc<Route>| {
            let first = route.leaves.as_ref()?.leaves().into_iter().next()?;
            Some(format!("{} ({first})", route.id))
        };
        let routes: Vec<String> = match &self.legacy {
            None => routes.iter().filter_map(leaving).collect(),
            Some(_) => Vec::new(),
        };
        match routes.is_empty() {
            true => Ok(()),
            false => Err(BuildError::LeavesToNobody(routes.join(", "))),
        }
    }

    fn admission(&self, route: &RouteConfig) -> Result<Option<Arc<Admission>>, BuildError> {
        let before = self.previous.and_then(|before| before.known(&route.id));
        let before = before.and_then(|before| before.admission.as_ref());
        Admission::build(&route.admission, &self.parts.natives, before).map_err(|source| {
            BuildError::Admission {
                route: Arc::clone(&route.id),
                source,
            }
        })
    }

    /// The handler in this program that a route names: the program's own before overgrow's.
    fn handler(&self, route: &RouteConfig) -> Result<Option<Handler>, BuildError> {
        let name = match &route.handler {
            Some(HandlerRef::Named(name)) => name.clone(),
            Some(handler @ (HandlerRef::Plugin(_) | HandlerRef::WasiHttp(_))) => {
                handler.to_string()
            }
            Some(HandlerRef::Upstream(_)) | None => return Ok(None),
        };
        let registry = &self.parts.handlers;
        if let Some(handler) = registry.get(&name) {
            return Ok(Some(registry.wrapped(&name, handler.clone())));
        }
        let handler = self.parts.natives.handler(&name, self.config);
        let handler = handler.map_err(|source| BuildError::Native {
            route: Arc::clone(&route.id),
            source,
        })?;
        Ok(handler.map(|handler| registry.wrapped(&name, handler)))
    }

    fn unmatched(&self, legacy: &LegacyConfig) -> Arc<Route> {
        Arc::new(Route {
            id: Arc::from(UNMATCHED),
            rust: None,
            fallback: false,
            rust_timeout: legacy.response_timeout,
            legacy_timeout: legacy.response_timeout,
            metrics: self.parts.metrics.route(UNMATCHED),
            watch: self.parts.watch.clone(),
            shadow: None,
            book: None,
            admission: None,
            leaves: None,
        })
    }

    fn book(&self, route: &RouteConfig) -> Arc<Book> {
        let fingerprint = shadow::fingerprint(route, &self.config.legacy, self.parts.build);
        let book = self.parts.ledger.book(&route.id, &fingerprint);
        book.note_dial(route.rust.percent(), ledger::now());
        book
    }

    fn shadow(&self, route: &RouteConfig, legacy: Backend, rust: Backend) -> Arc<Shadow> {
        let book = self.book(route);
        Shadow::new(shadow::Parts {
            route: Arc::clone(&route.id),
            settings: route.shadow.clone(),
            lane: self.parts.lane.clone(),
            legacy,
            rust,
            judge: Judge::new(shadow::rules(&route.parity), book),
            metrics: self.parts.metrics.shadow(&route.id),
        })
    }
}

/// A Rust service behind an address.
fn service(url: &UpstreamUrl, legacy: &LegacyConfig, upstreams: &mut Upstreams<'_>) -> Backend {
    Backend::Upstream(upstreams.of(Reach {
        urls: vec![url.clone()],
        connect_timeout: legacy.connect_timeout,
        health: None,
        checks: Checks::Always,
    }))
}
