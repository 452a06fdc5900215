//! How the two sides of each route compare: `/api/parity` and what belongs to it.
//!
//! Evidence comes from the ledger and is judged here by the gate of the route as it is configured now, so an edit of
//! the gate shows at once. The surprise: the judgement is made anew for every reader, since it costs microseconds.

mod document;
pub(super) mod samples;
mod suggest;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use overgrow_parity::{Evidence, Facts, KeyReport, Stop, judge};
use serde_json::Value;

use self::document::{Found, Known};
use super::{Shown, problem};
use crate::config::RouteConfig;
use crate::ledger::Book;
use crate::metrics;
use crate::pilot::gate_of;

/// `GET /api/parity`, in file order.
pub(super) async fn list(State(shown): State<Shown>) -> Json<Vec<Value>> {
    let shelf = Shelf::of(&shown);
    let generation = shown.running.load();
    let routes = generation.config.routes.iter();
    Json(
        routes
            .map(|route| shelf.look(route, |known| known.overview()))
            .collect(),
    )
}

/// `GET /api/parity/{id}`.
pub(super) async fn one(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    match shown.route(&id) {
        Some(route) => {
            let mut document = Shelf::of(&shown).look(&route, |known| known.whole());
            let running = shown.running.load();
            if running
                .shadow(&id)
                .is_some_and(|shadow| shadow.plan_is_refused())
            {
                add_refusal(&mut document);
            }
            Json(document).into_response()
        }
        None => problem::no_route(&id),
    }
}

/// The rust service does not know planned writes, so none are put to it.
fn add_refusal(document: &mut Value) {
    const REFUSAL: &str =
        "writes are skipped: the rust service does not answer with x-overgrow-shadow: plan";
    let why = document["why"].as_str().unwrap_or_default();
    document["why"] = format!("{why}; {REFUSAL}").into();
    document["plan_refused"] = true.into();
}

/// The books of all routes, as they are found at one time.
pub(super) struct Shelf {
    books: HashMap<String, Arc<Book>>,
    /// Unix seconds.
    now: u64,
    /// When routes.toml was last taken on: no dial has turned since.
    loaded: u64,
}

impl Shelf {
    pub(super) fn of(shown: &Shown) -> Self {
        let books = shown.ledger.books().into_iter();
        Self {
            books: books.map(|book| (book.route().to_owned(), book)).collect(),
            now: unix(SystemTime::now()),
            loaded: unix(shown.status.load().loaded_at),
        }
    }

    /// What `/api/routes` says of a route.
    pub(super) fn brief(&self, route: &RouteConfig) -> Value {
        self.look(route, |known| known.brief())
    }

    /// What is known of a difference of the route.
    pub(super) fn difference(
        &self,
        route: &RouteConfig,
        place: &str,
        kind: &str,
    ) -> Option<KeyReport> {
        let book = self.books.get(&*route.id)?;
        let reports = book.read(Evidence::differences);
        reports
            .into_iter()
            .find(|report| report.key.place.as_str() == place && report.key.kind.name() == kind)
    }

    /// What `/metrics` says of a route; nothing of one without a handler, which has nothing to be judged.
    pub(super) fn known(&self, route: &RouteConfig) -> Option<metrics::Known> {
        let book = self.books.get(&*route.id)?;
        route.handler.as_ref()?;
        let stop = self.stop(book, route);
        let gate = gate_of(route);
        Some(book.read(|evidence| metrics::Known {
            route: route.id.to_string(),
            facts: Facts::of(evidence, &gate),
            begun: evidence.begun,
            held: stop.now.saturating_sub(stop.since),
        }))
    }

    fn stop(&self, book: &Book, route: &RouteConfig) -> Stop {
        Stop {
            percent: route.rust.percent(),
            since: book.dial().map_or(self.loaded, |stop| stop.since),
            now: self.now,
        }
    }

    fn look(&self, route: &RouteConfig, tell: impl FnOnce(&Known<'_>) -> Value) -> Value {
        match self.books.get(&*route.id) {
            Some(book) => self.read(book, route, tell),
            None => tell(&Known { route, found: None }),
        }
    }

    /// Under the book's lock, for which only comparisons wait, and they are in nobody's way.
    fn read(
        &self,
        book: &Book,
        route: &RouteConfig,
        tell: impl FnOnce(&Known<'_>) -> Value,
    ) -> Value {
        let now = self.now;
        let stop = self.stop(book, route);
        book.read(|evidence| {
            let judgement = &judge(evidence, &gate_of(route), &stop);
            let found = Some(Found {
                evidence,
                judgement,
                now,
            });
            tell(&Known { route, found })
        })
    }
}

fn unix(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
