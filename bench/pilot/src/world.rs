//! A route with planted defects: what each request does to the evidence.
//!
//! It must not know the pilot. The surprise: a server error of one side is a difference as well, as it is in the
//! sidecar, so a handler that fails holds by its mismatches before anything rolls it back.

use std::f64::consts::TAU;
use std::time::Duration;

use fastrand::Rng;
use overgrow_parity::{
    Answered, Comparison, Difference, Evidence, Key, Kind, Pair, Payload, Place, Shape, Side,
    Standing,
};

/// Share of the sample that is asked of the legacy a second time: the default of routes.toml.
const TWICE: f64 = 0.02;

/// Legacy's median, and the spread of the logarithm: p99 is 3.2 times the median.
const MEDIAN: f64 = 0.020;
const SPREAD: f64 = 0.5;

/// What is planted. Rates are from 0 to 1, each request for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// Requests in a second.
    pub(crate) rate: f64,
    /// Share that is asked of both sides.
    pub(crate) shadow: f64,
    /// A field of rust's answer is wrong.
    pub(crate) mismatch: f64,
    /// A field differs at this rate from one answer to the next, whoever gives it.
    pub(crate) noise: f64,
    /// Legacy answers with a 5xx.
    pub(crate) legacy_fails: f64,
    /// Rust does.
    pub(crate) rust_fails: f64,
    /// Rust's time as a multiple of legacy's.
    pub(crate) slower: f64,
}

impl World {
    /// A handler without a defect, at 100 requests a second, all of them asked of both sides.
    pub(crate) const HEALTHY: Self = Self {
        rate: 100.0,
        shadow: 1.0,
        mismatch: 0.0,
        noise: 0.0,
        legacy_fails: 0.0,
        rust_fails: 0.0,
        slower: 1.0,
    };
}

/// What is known of the route after some requests.
pub(crate) struct Route {
    pub(crate) evidence: Evidence,
    pub(crate) requests: u64,
    shape: Shape,
    rng: Rng,
}

/// How rust did in a request, for whoever wakes up at its failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rust {
    Well,
    Failed,
}

impl Route {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            evidence: Evidence::begin(1, "simulated".to_owned(), 0),
            requests: 0,
            shape: Shape::new("GET", [].into_iter(), Payload::None),
            rng: Rng::with_seed(seed),
        }
    }

    /// One request, with the dial at so many percent.
    pub(crate) fn request(&mut self, world: &World, dial: f64) -> Rust {
        self.requests += 1;
        let legacy = self.answer(world.legacy_fails, 1.0);
        let rust = self.answer(world.rust_fails, world.slower);
        let primary = if self.hits(dial / 100.0) {
            Side::Rust
        } else {
            Side::Legacy
        };
        if self.hits(world.shadow) {
            self.compare(world, legacy, rust);
        } else {
            let answer = match primary {
                Side::Legacy => legacy,
                Side::Rust => rust,
            };
            self.evidence.served(primary, answer);
            if primary == Side::Legacy {
                return Rust::Well;
            }
        }
        match rust.status {
            500.. => Rust::Failed,
            _ => Rust::Well,
        }
    }

    fn compare(&mut self, world: &World, legacy: Answered, rust: Answered) {
        let mut comparison = Comparison::default();
        if legacy.status != rust.status {
            comparison.differences.push(differs("status", Kind::Status));
        } else if self.hits(world.mismatch) {
            comparison
                .differences
                .push(differs("json:/total", Kind::Value));
        }
        if self.hits(world.noise) {
            comparison
                .differences
                .push(differs("json:/served", Kind::Value));
        }
        let again = self.hits(TWICE).then(|| self.again(world, legacy));
        self.evidence.sampled();
        self.evidence.record(&Pair {
            comparison: &comparison,
            again: again.as_ref(),
            legacy,
            rust,
            shape: &self.shape,
            at: (self.requests as f64 / world.rate) as u64,
        });
    }

    /// Legacy beside itself.
    fn again(&mut self, world: &World, legacy: Answered) -> Comparison {
        let mut comparison = Comparison::default();
        if self.answer(world.legacy_fails, 1.0).status != legacy.status {
            comparison.differences.push(differs("status", Kind::Status));
        }
        if self.hits(world.noise) {
            comparison
                .differences
                .push(differs("json:/served", Kind::Value));
        }
        comparison
    }

    fn answer(&mut self, fails: f64, slower: f64) -> Answered {
        let status = if self.hits(fails) { 500 } else { 200 };
        let seconds = MEDIAN * slower * (SPREAD * self.normal()).exp();
        Answered {
            status,
            took: Duration::from_secs_f64(seconds),
        }
    }

    /// Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.rng.f64()).ln()).sqrt();
        radius * (TAU * self.rng.f64()).cos()
    }

    fn hits(&mut self, rate: f64) -> bool {
        rate > 0.0 && self.rng.f64() < rate
    }
}

fn differs(place: &str, kind: Kind) -> Difference {
    Difference {
        key: Key {
            place: Place::new(place),
            kind,
        },
        standing: Standing::Open,
        legacy: None,
        rust: None,
        offset: None,
    }
}
