//! What Prometheus sees. Names and labels are contracts; label values are bounded.
//!
//! A route's series are looked up once and kept beside the route, so that a request pays for atomic additions and
//! nothing else. The surprise: a series exists from its first use on, so a route nobody asks for costs nothing.

mod alone;
mod bridge;
mod evidence;
mod gate;
mod legacy;
mod outbox;
mod pilot;
mod plugins;
mod reading;
mod reload;
mod route;
mod shadow;
mod traffic;

use std::sync::MutexGuard;
use std::time::Duration;

use prometheus::{
    Gauge, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

pub use self::evidence::Known;
pub use self::gate::Thresholds;
pub use self::pilot::PilotMetrics;
pub use self::plugins::PluginMetrics;
pub use self::reading::{BOUNDS, Buckets, Counted, Reading, Role, Tally};
pub use self::route::{RouteMetrics, StatusClass};
pub use self::shadow::{Outcome, ShadowMetrics};

use self::alone::Alone;
use self::bridge::BridgeMetrics;
use self::evidence::EvidenceMetrics;
use self::gate::GateMetrics;
use self::legacy::LegacyMetrics;
use self::outbox::OutboxMetrics;
use self::reload::ReloadMetrics;
use self::shadow::Comparisons;
pub use self::traffic::Traffic;

/// Upper bounds in seconds: from a native answer to a slow model.
const SECONDS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

/// All metrics of one sidecar.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGaugeVec,
    websockets: IntGaugeVec,
    fallback: IntCounterVec,
    denied: IntCounterVec,
    rust_percent: prometheus::GaugeVec,
    routes: IntGaugeVec,
    reload: ReloadMetrics,
    refused: IntCounterVec,
    upstream_up: IntGaugeVec,
    log_lines_dropped: IntCounter,
    start_seconds: Gauge,
    comparisons: Comparisons,
    alone: Alone,
    evidence: EvidenceMetrics,
    bridge: BridgeMetrics,
    legacy: LegacyMetrics,
    plugins: PluginMetrics,
    gates: GateMetrics,
    outbox: OutboxMetrics,
    shadow_in_hand: IntGauge,
    shadow_places: IntGauge,
    pilot: PilotMetrics,
}

impl Metrics {
    /// A registry of its own, so that several sidecars fit in one process.
    ///
    /// # Errors
    /// When two metrics have the same name: a mistake in this file.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let metrics = Self {
            requests: counters(
                "requests_total",
                "Requests by final status class",
                &["route", "backend", "role", "status"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new(
                    "overgrow_request_seconds",
                    "Time from request head to the end of the answer",
                )
                .buckets(SECONDS.to_vec()),
                &["route", "backend", "role"],
            )?,
            in_flight: gauges("in_flight", "Requests being answered", &["backend"])?,
            websockets: gauges("websockets", "Open WebSockets", &["route", "backend"])?,
            fallback: counters(
                "fallback_total",
                "Native failures on routes with a fallback, by what went wrong; not_replayable: the legacy could not be asked",
                &["route", "reason"],
            )?,
            denied: counters(
                "denied_total",
                "Requests that a route did not let in, by what was wrong; no side was asked",
                &["route", "reason"],
            )?,
            rust_percent: prometheus::GaugeVec::new(
                opts("route_rust_percent", "The dial"),
                &["route"],
            )?,
            routes: gauges("routes", "Routes by state", &["state"])?,
            reload: ReloadMetrics::new()?,
            refused: counters(
                "refused_total",
                "Requests refused before routing",
                &["reason"],
            )?,
            upstream_up: gauges(
                "upstream_up",
                "1 when an upstream answers; one of several that does not gets no traffic",
                &["upstream"],
            )?,
            log_lines_dropped: IntCounter::with_opts(opts(
                "log_lines_dropped_total",
                "Log lines given up because the reader of the log was too slow",
            ))?,
            start_seconds: Gauge::with_opts(opts(
                "start_seconds",
                "Time from process start to ready",
            ))?,
            comparisons: Comparisons::new()?,
            alone: Alone::default(),
            evidence: EvidenceMetrics::new()?,
            bridge: BridgeMetrics::new()?,
            legacy: LegacyMetrics::new()?,
            plugins: PluginMetrics::new()?,
            gates: GateMetrics::new()?,
            outbox: OutboxMetrics::new()?,
            shadow_in_hand: IntGauge::with_opts(opts(
                "shadow_in_hand",
                "Shadow requests between their sample and their verdict",
            ))?,
            shadow_places: IntGauge::with_opts(opts(
                "shadow_places",
                "How many shadow requests may be in hand; half of them of one route",
            ))?,
            pilot: PilotMetrics::new()?,
            registry,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> prometheus::Result<()> {
        self.registry.register(Box::new(self.requests.clone()))?;
        self.registry.register(Box::new(self.seconds.clone()))?;
        self.registry.register(Box::new(self.in_flight.clone()))?;
        self.registry.register(Box::new(self.websockets.clone()))?;
        self.registry.register(Box::new(self.fallback.clone()))?;
        self.registry.register(Box::new(self.denied.clone()))?;
        self.registry
            .register(Box::new(self.rust_percent.clone()))?;
        self.registry.register(Box::new(self.routes.clone()))?;
        self.reload.register(&self.registry)?;
        self.registry.register(Box::new(self.refused.clone()))?;
        self.registry.register(Box::new(self.upstream_up.clone()))?;
        self.registry
            .register(Box::new(self.log_lines_dropped.clone()))?;
        self.registry
            .register(Box::new(self.start_seconds.clone()))?;
        self.comparisons.register(&self.registry)?;
        self.evidence.register(&self.registry)?;
        self.plugins.register(&self.registry)?;
        self.gates.register(&self.registry)?;
        self.outbox.register(&self.registry)?;
        let places = [&self.shadow_in_hand, &self.shadow_places];
        for gauge in places {
            self.registry.register(Box::new(gauge.clone()))?;
        }
        self.legacy.register(&self.registry)?;
        self.pilot.register(&self.registry)?;
        self.registry.register(Box::new(build_info()?))?;
        self.registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))
    }

    /// Shows how the queue to the legacy does.
    pub fn bridge(&self, status: &overgrow_bridge::BridgeStatus) {
        self.bridge.show(status, &self.registry);
    }

    /// Shows how messages do on their way `out` or `in`.
    pub fn outbox(&self, way: &'static str, status: &overgrow_outbox::OutboxStatus) {
        self.outbox.show(way, status);
    }

    /// How many of the shadow lane's places are taken.
    pub fn shadow_room(&self, in_hand: usize, places: usize) {
        let gauge = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.shadow_in_hand.set(gauge(in_hand));
        self.shadow_places.set(gauge(places));
    }

    /// What the gates of routes with a handler allow. Routes that are gone lose their series.
    pub fn gates<'a>(&self, gates: impl Iterator<Item = (&'a str, Thresholds)>) {
        self.gates.show(gates);
    }

    /// The series of plugins.
    pub fn plugins(&self) -> &PluginMetrics {
        &self.plugins
    }

    /// The series of the pilot.
    pub fn pilot(&self) -> &PilotMetrics {
        &self.pilot
    }

    /// The series of one route.
    pub fn route(&self, id: &str) -> RouteMetrics {
        RouteMetrics::new(self.clone(), id)
    }

    /// The series of one route's shadow requests.
    pub fn shadow(&self, id: &str) -> ShadowMetrics {
        ShadowMetrics::new(self.clone(), id)
    }

    /// A request was refused before any route saw it.
    pub fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// A new version of routes.toml is running.
    pub fn reloaded(&self, generation: u64, took: Duration) {
        self.reload.taken(generation, took);
    }

    /// routes.toml changed and was not taken.
    pub fn reload_rejected(&self) {
        self.reload.rejected();
    }

    /// A generation runs that is not what routes.toml says.
    pub fn out_of_sync(&self, generation: u64) {
        self.reload.out_of_sync(generation);
    }

    /// routes.toml is again what is running, without a new generation.
    pub fn resynchronized(&self) {
        self.reload.unchanged();
    }

    /// Until the guard is dropped nobody else empties gauges or reads them. To be held around whatever makes series of
    /// routes go, and around a scrape with all that it refreshes; not across an await.
    pub fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.take()
    }

    /// Where each dial stands. Routes that are gone lose their series.
    pub fn dials<'a>(&self, dials: impl Iterator<Item = (&'a str, f64)>) {
        self.rust_percent.reset();
        let mut states = [0i64; 3];
        for (route, percent) in dials {
            self.rust_percent.with_label_values(&[route]).set(percent);
            states[state_of(percent)] += 1;
        }
        for (state, count) in ["legacy", "split", "rust"].into_iter().zip(states) {
            self.routes.with_label_values(&[state]).set(count);
        }
    }

    /// Which upstreams there are and whether they answer. Those that are gone lose their series.
    pub fn upstreams(&self, upstreams: impl Iterator<Item = (String, bool)>) {
        self.upstream_up.reset();
        for (name, up) in upstreams {
            self.upstream_up
                .with_label_values(&[name.as_str()])
                .set(i64::from(up));
        }
    }

    /// The log's reader was too slow for this many lines so far.
    pub fn log_lines_dropped(&self, total: u64) {
        let known = self.log_lines_dropped.get();
        self.log_lines_dropped.inc_by(total.saturating_sub(known));
    }

    /// The upper bound of each route's mismatch rate, from 0 to 1. Routes that are gone lose their series.
    pub fn mismatch_bounds<'a>(&self, bounds: impl Iterator<Item = (&'a str, f64)>) {
        self.comparisons.bounds(bounds);
    }

    /// What each route is judged by, as of now. Routes that are not among them lose their series.
    pub fn evidence(&self, known: Vec<Known>) {
        self.evidence.show(known);
    }

    /// How long the start took.
    pub fn started(&self, took: Duration) {
        self.start_seconds.set(took.as_secs_f64());
    }

    /// The exposition text.
    ///
    /// # Errors
    /// When a collector gives inconsistent families; the scrape then fails, nothing else does.
    pub fn text(&self) -> prometheus::Result<String> {
        prometheus::TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

fn state_of(percent: f64) -> usize {
    if percent <= 0.0 {
        0
    } else if percent < 100.0 {
        1
    } else {
        2
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(format!("overgrow_{name}"), help)
}

fn counters(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
    IntCounterVec::new(opts(name, help), labels)
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
    IntGaugeVec::new(opts(name, help), labels)
}

fn build_info() -> prometheus::Result<IntGauge> {
    let info = opts("build_info", "Always 1; the labels tell the build")
        .const_label("version", env!("CARGO_PKG_VERSION"))
        .const_label(
            "commit",
            option_env!("OVERGROW_COMMIT").unwrap_or("unknown"),
        );
    let gauge = IntGauge::with_opts(info)?;
    gauge.set(1);
    Ok(gauge)
}
