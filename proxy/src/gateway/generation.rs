//! One accepted version of routes.toml, compiled and ready to answer.
//!
//! A reload builds the next generation beside the running one and swaps the pointer. Upstreams that did not change
//! are carried over with their pools, so that editing a dial costs no connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use overgrow_handler::Registry;

use crate::backend::upstream::{Checks, Reach, Upstream};
use crate::backend::{Backend, Native};
use crate::config::{Config, HandlerRef, LegacyConfig, RouteConfig};
use crate::ledger::{self, Ledger};
use crate::metrics::{Metrics, RouteMetrics};
use crate::route::Table;
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
    /// The service being replaced.
    pub legacy: Backend,
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
    /// Asks the other side, where the route says so.
    pub shadow: Option<Arc<Shadow>>,
}

/// What every generation is built from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Handlers of this program.
    pub handlers: Registry,
    /// Where counts go.
    pub metrics: Metrics,
    /// Names the build of this program; asked for when a route is shadowed.
    pub build: fn() -> u64,
    /// Who asks the other side.
    pub lane: Lane,
    /// Where evidence is kept.
    pub ledger: Ledger,
}

impl Generation {
    /// Compiles a checked file. Must run inside a tokio runtime: new upstreams start their health checks there.
    pub fn build(config: Config, parts: &Parts, previous: Option<&Self>) -> Self {
        let mut upstreams = Upstreams {
            kept: previous.map(|old| &old.upstreams),
            used: BTreeMap::new(),
        };
        let legacy = upstreams.of(legacy_reach(&config.legacy));
        let known = Known {
            parts,
            legacy: Backend::Upstream(Arc::clone(&legacy)),
        };
        let routes = config
            .routes
            .iter()
            .map(|route| known.route(route, &config.legacy, &mut upstreams))
            .collect();
        let unmatched = known.unmatched(&config.legacy);
        let generation = Self {
            number: previous.map_or(1, |old| old.number + 1),
            table: Table::new(config.rules()),
            legacy: Backend::Upstream(legacy),
            upstreams: upstreams.used,
            routes,
            unmatched,
            config,
        };
        generation.show_dials(&parts.metrics);
        generation
    }

    /// The route a decision names.
    pub fn route(&self, index: Option<usize>) -> &Arc<Route> {
        index
            .and_then(|index| self.routes.get(index))
            .unwrap_or(&self.unmatched)
    }

    /// The shadow of a route, if it has one.
    pub fn shadow(&self, id: &str) -> Option<&Arc<Shadow>> {
        let route = self.routes.iter().find(|route| *route.id == *id)?;
        route.shadow.as_ref()
    }

    /// Every upstream in use.
    pub fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }

    fn show_dials(&self, metrics: &Metrics) {
        metrics.dials(
            self.config
                .routes
                .iter()
                .map(|route| (&*route.id, route.rust.percent())),
        );
    }
}

fn legacy_reach(legacy: &LegacyConfig) -> Reach {
    Reach {
        urls: legacy.urls.clone(),
        connect_timeout: legacy.connect_timeout,
        health: legacy.health.clone(),
        checks: Checks::WhenUseful,
    }
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
    legacy: Backend,
}

impl Known<'_> {
    fn route(
        &self,
        route: &RouteConfig,
        legacy: &LegacyConfig,
        upstreams: &mut Upstreams<'_>,
    ) -> Arc<Route> {
        let rust = route
            .handler
            .as_ref()
            .and_then(|handler| self.backend(handler, legacy, upstreams));
        let shadow = rust
            .as_ref()
            .filter(|_| route.shadow.sample > 0.0)
            .map(|rust| self.shadow(route, legacy, rust.clone()));
        Arc::new(Route {
            id: Arc::clone(&route.id),
            shadow,
            rust,
            fallback: route.fallback,
            rust_timeout: route.timeout.unwrap_or(legacy.response_timeout),
            legacy_timeout: route.timeout.unwrap_or(legacy.response_timeout),
            metrics: self.parts.metrics.route(&route.id),
        })
    }

    fn unmatched(&self, legacy: &LegacyConfig) -> Arc<Route> {
        Arc::new(Route {
            id: Arc::from(UNMATCHED),
            rust: None,
            fallback: false,
            rust_timeout: legacy.response_timeout,
            legacy_timeout: legacy.response_timeout,
            metrics: self.parts.metrics.route(UNMATCHED),
            shadow: None,
        })
    }

    fn shadow(&self, route: &RouteConfig, legacy: &LegacyConfig, rust: Backend) -> Arc<Shadow> {
        let book = self.parts.ledger.book(
            &route.id,
            &shadow::fingerprint(route, legacy, self.parts.build),
        );
        book.note_dial(route.rust.percent(), ledger::now());
        Shadow::new(shadow::Parts {
            route: Arc::clone(&route.id),
            settings: route.shadow.clone(),
            lane: self.parts.lane.clone(),
            legacy: self.legacy.clone(),
            rust,
            judge: Judge::new(shadow::rules(&route.parity), book),
            metrics: self.parts.metrics.shadow(&route.id),
        })
    }

    fn backend(
        &self,
        handler: &HandlerRef,
        legacy: &LegacyConfig,
        upstreams: &mut Upstreams<'_>,
    ) -> Option<Backend> {
        match handler {
            HandlerRef::Upstream(url) => {
                let urls = vec![url.clone()];
                let reach = Reach {
                    urls,
                    connect_timeout: legacy.connect_timeout,
                    health: None,
                    checks: Checks::Always,
                };
                Some(Backend::Upstream(upstreams.of(reach)))
            }
            HandlerRef::Named(name) => self.native(name),
            HandlerRef::Plugin(name) => self.native(&format!("plugin:{name}")),
        }
    }

    fn native(&self, name: &str) -> Option<Backend> {
        self.parts
            .handlers
            .get(name)
            .cloned()
            .map(|handler| Backend::Native(Native::new(handler)))
    }
}
