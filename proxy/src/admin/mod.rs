//! The admin listener: health, readiness, metrics, the JSON API.
//!
//! On loopback it needs no token and trusts whoever can reach it, so it refuses what a web page could make a browser
//! send. It knows the running generation only to show it; changing a dial means editing routes.toml like anybody.

mod accept;
mod access;
mod bridge;
mod burndown;
mod events;
mod history;
mod legacy;
mod login;
mod outbox;
mod overview;
mod parity;
mod pilot;
mod plugins;
mod problem;
mod record;
mod routes;
mod seats;
mod session;
mod trend;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Extension, Json, Router, middleware};
use overgrow_parity::Evidence;
use overgrow_settings::LiveStatus;
use serde_json::json;
use tower::ServiceExt;

pub use self::access::Access;
use self::events::Feed;
pub use self::legacy::glance;
pub use self::record::NUMBER;
pub use self::routes::describe;

use crate::config::{Handlers, RouteConfig};
use crate::dashboard;
use crate::gateway::Generation;
use crate::ledger::{Book, Ledger};
use crate::listen::{Dates, Drain, Front, Peer, Refusal};
use crate::metrics::Metrics;
use crate::natives::Natives;
use crate::pilot::{Pilot, State as PilotState};
use crate::record::Recorder;
use crate::reload::{Nudge, Status};
use crate::retire::Watch;
use crate::shadow::Lane;
use crate::trend::Trend;

/// What the endpoints show and touch.
#[derive(Clone)]
pub struct Shown {
    /// What is running.
    pub running: Arc<ArcSwap<Generation>>,
    /// Whether it is what routes.toml says.
    pub status: Arc<ArcSwap<Status>>,
    /// The counts.
    pub metrics: Metrics,
    /// What they were, for half an hour.
    pub trend: Trend,
    /// The evidence.
    pub ledger: Ledger,
    /// Whether the end has begun.
    pub drain: Arc<Drain>,
    /// routes.toml.
    pub file: PathBuf,
    /// Names that routes.toml may use.
    pub handlers: Handlers,
    /// Makes the reloader look.
    pub nudge: Nudge,
    /// Takes down what a route is asked.
    pub recorder: Recorder,
    /// The handlers of overgrow's own.
    pub natives: Natives,
    /// Who asks the other side.
    pub lane: Lane,
    /// Since when nobody needed the legacy.
    pub watch: Watch,
    /// Who moves dials by itself.
    pub pilot: Pilot,
}

impl Shown {
    /// A route of the running generation.
    fn route(&self, id: &str) -> Option<RouteConfig> {
        let generation = self.running.load();
        let mut routes = generation.config.routes.iter();
        routes.find(|route| *route.id == *id).cloned()
    }
}

/// Answers the admin listener.
#[derive(Clone)]
pub struct Admin(Router);

impl Admin {
    /// The endpoints, behind the access rules.
    pub fn new(shown: Shown, access: Access) -> Self {
        let access = Arc::new(access);
        let feed = Feed::new(shown.clone());
        let router = Router::new()
            .route("/", get(index))
            .route("/assets/{name}", get(asset))
            .route("/api/session", get(login::session))
            .route("/api/login", post(login::login))
            .route("/api/logout", post(login::logout))
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .route("/api/config", get(config))
            .route("/api/routes", get(routes::list))
            .route("/api/routes/{id}", get(routes::one).patch(routes::set))
            .route("/api/routes/{id}/history", get(history::list))
            .route("/api/routes/{id}/accept", post(accept::accept))
            .route("/api/overview", get(overview::show))
            .route("/api/events", get(events::stream))
            .route("/api/trend", get(trend::one))
            .route("/api/trends", get(trend::all))
            .route("/api/burndown", get(burndown::show))
            .route("/api/routes/{id}/pilot", post(pilot::resume))
            .route("/api/record", post(record::stream))
            .route("/api/record/{number}", delete(record::end))
            .route("/api/bridge", get(bridge::show))
            .route(
                "/api/bridge/dead/{id}",
                post(bridge::resend).delete(bridge::discard),
            )
            .route("/api/plugins", get(plugins::list))
            .route("/api/plugins/{name}", get(plugins::one))
            .route("/api/plugins/{name}/call", post(plugins::call))
            .route("/api/outbox", get(outbox::outgoing))
            .route("/api/inbox", get(outbox::incoming))
            .route(
                "/api/outbox/dead/{id}",
                post(outbox::resend).delete(outbox::discard),
            )
            .route("/api/parity", get(parity::list))
            .route("/api/parity/{id}", get(parity::one))
            .route("/api/parity/{id}/samples", get(parity::samples::list))
            .fallback(|| async { problem::of(StatusCode::NOT_FOUND, "there is no such endpoint") })
            .method_not_allowed_fallback(|| async {
                problem::of(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "this endpoint does not take that method",
                )
            })
            .with_state(shown)
            .layer(Extension(feed))
            .layer(Extension(Arc::clone(&access)))
            .layer(middleware::from_fn_with_state(access, access::check));
        Self(router)
    }
}

impl Front for Admin {
    const DATES: Dates = Dates::Added;
    type Body = axum::body::Body;

    async fn serve(
        &self,
        _peer: Arc<Peer>,
        request: http::Request<hyper::body::Incoming>,
    ) -> Response {
        if let Some(refusal) = Refusal::of(&request) {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return problem::of(status, refusal.detail());
        }
        match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The page for browsers, and for others a list of what there is.
async fn index(State(shown): State<Shown>, headers: HeaderMap) -> Response {
    if dashboard::is_wanted(&headers) {
        return dashboard::page(&headers);
    }
    let vary = [(header::VARY, HeaderValue::from_static("accept"))];
    (vary, endpoints(&shown)).into_response()
}

/// A file of the page.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    dashboard::named(&name, &headers)
        .unwrap_or_else(|| problem::of(StatusCode::NOT_FOUND, "the page has no such file"))
}

fn endpoints(shown: &Shown) -> String {
    let generation = shown.running.load();
    format!(
        "overgrow {}, generation {}, routes: {}\n\n\
         GET    /healthz          alive\n\
         GET    /readyz           ready for traffic\n\
         GET    /metrics          for Prometheus\n\
         GET    /api/config       what is running, and whether it is what routes.toml says\n\
         GET    /api/routes       the table\n\
         GET    /api/routes/ID    one route\n\
         GET    /api/routes/ID/history   who moved its dial, when and why\n\
         POST   /api/routes/ID/pilot     {{\"resume\": true}} hands the dial back to the pilot\n\
         PATCH  /api/routes/ID    {{\"rust\": 25}} edits routes.toml\n\
         POST   /api/routes/ID/accept    {{\"place\": P, \"kind\": K, \"as\": \"expect\" or \"ignore\", \"why\": T}} writes a rule\n\
         GET    /api/overview     all of it at a glance; /api/events the same as it changes\n\
         GET    /api/trend?route=ID   the last half hour; /api/trends of every route in short\n\
         GET    /api/burndown     how many routes were on which side, over time\n\
         GET    /api/parity       whether both sides of each route answer alike\n\
         GET    /api/parity/ID    where they differ, and what the gate waits for\n\
         GET    /api/parity/ID/samples?place=&kind=&limit=\n\
         GET    /api/bridge       what waits for the legacy, and what it refused for good\n\
         POST   /api/bridge/dead/N   sends a dead letter once more; DELETE throws it away\n\
         GET    /api/plugins      what is loaded; /api/plugins/NAME what it asks for and was granted\n\
         POST   /api/plugins/NAME/call   {{\"tool\": T, \"args\": {{}}}} or {{\"to\": T, \"text\": T}}; \"perform\": true does it\n\
         GET    /api/outbox       messages on their way out; /api/inbox those to the agent\n\
         POST   /api/outbox/dead/ID  sends a dead letter once more; DELETE throws it away\n\
         POST   /api/record       {{\"route\": ID, \"for\": \"10m\"}} streams what it is asked and answers\n\
         POST   /api/login        {{\"token\": T}} begins a session; /api/logout ends it, /api/session tells\n\
         DELETE /api/record/N     ends the recording whose head has x-overgrow-recording: N\n",
        env!("CARGO_PKG_VERSION"),
        generation.number,
        generation.config.routes.len(),
    )
}

async fn ready(State(shown): State<Shown>) -> (StatusCode, &'static str) {
    // The table is loaded and the listeners are bound before this listener answers at all.
    if shown.drain.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn metrics(State(shown): State<Shown>) -> Response {
    let _alone = shown.metrics.alone();
    let running = shown.running.load();
    let health = running.upstreams().flat_map(|upstream| upstream.health());
    shown.metrics.upstreams(health);
    if let Some(bridge) = shown.natives.bridge() {
        shown.metrics.bridge(&bridge.status());
    }
    outbox::show_metrics(&shown);
    let (in_hand, places) = shown.lane.room();
    shown.metrics.shadow_room(in_hand, places);
    legacy::count(&shown);
    let bounds: Vec<_> = books_of(&shown, &running).map(bound_of).collect();
    let bounds = bounds.iter().map(|(route, bound)| (route.as_str(), *bound));
    shown.metrics.mismatch_bounds(bounds);
    let states = shown.pilot.stances().into_iter();
    let states: Vec<_> = states.map(|(route, state)| (route, state.name())).collect();
    let words = PilotState::ALL.map(PilotState::name);
    shown.metrics.pilot().states(&words, &states);
    let shelf = parity::Shelf::of(&shown);
    let routes = running.config.routes.iter();
    let known = routes.filter_map(|route| shelf.known(route));
    shown.metrics.evidence(known.collect());
    match shown.metrics.text() {
        Ok(text) => {
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => problem::of(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The books of routes that are running; the ledger keeps those of others too.
fn books_of(shown: &Shown, running: &Generation) -> impl Iterator<Item = Arc<Book>> {
    let runs = |book: &Arc<Book>| {
        let mut routes = running.config.routes.iter();
        routes.any(|route| *route.id == *book.route() && route.shadow.sample > 0.0)
    };
    shown.ledger.books().into_iter().filter(runs)
}

fn bound_of(book: Arc<Book>) -> (String, f64) {
    (book.route().to_owned(), book.read(Evidence::bound))
}

/// The legacy's own settings; nothing when no handler reads them.
fn settings(status: &LiveStatus) -> serde_json::Value {
    let loaded = status.loaded_at.map(humantime::format_rfc3339_millis);
    json!({
        "file": status.path,
        "loaded_at": loaded.map(|at| at.to_string()),
        "error": status.error,
    })
}

async fn config(State(shown): State<Shown>) -> Json<serde_json::Value> {
    let status = shown.status.load();
    let upstreams: Vec<_> = shown
        .running
        .load()
        .upstreams()
        .flat_map(|upstream| upstream.health())
        .map(|(url, healthy)| json!({"url": url, "healthy": healthy}))
        .collect();
    Json(json!({
        "generation": status.generation,
        "synchronized": status.is_synchronized(),
        "error": status.error_text(),
        "faults": status.faults(),
        "file": status.file,
        "loaded_at": humantime::format_rfc3339_millis(status.loaded_at).to_string(),
        "needs_restart": status.needs_restart,
        "settings": settings(&shown.natives.settings_status()),
        "upstreams": upstreams,
        "legacy": legacy::glance(&shown),
        "traffic": routes::counted(shown.metrics.traffic().into_values().sum()),
        "in_flight": shown.drain.in_flight(),
        "draining": shown.drain.is_draining(),
    }))
}
