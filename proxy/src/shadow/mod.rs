//! Asking the other side the same question, off the client's path.
//!
//! A sampled request gets a ticket, a [`Witness`] that copies what the client sends and gets, and a job for the lane's
//! own threads: they ask the other side, wait for the first side's answer and hand both to parity and the ledger. It
//! must not know the client's connection. The surprise: everything that can be refused is refused before anything is
//! copied; a lane that is full costs a client a hash and a few additions.

mod asking;
mod consent;
mod eligible;
mod epoch;
mod fate;
mod first;
mod job;
mod judge;
mod lane;
mod question;
mod rest;
mod said;
mod sample;
mod ticket;
mod witness;

use std::sync::Arc;

use http::Request;
use overgrow_handler::{Body, RequestId};
use overgrow_parity::Shape;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub use self::epoch::fingerprint;
pub use self::judge::{Judge, rules};
pub use self::lane::Lane;
pub use self::witness::Witness;

use self::consent::Consent;
use self::eligible::{Ask, Draws, Terms, sort};
use self::fate::Fate;
use self::job::Job;
use self::question::Question;
use self::rest::Rest;
use self::ticket::Places;
use self::witness::{Completed, has_body, length};
use crate::backend::Backend;
use crate::config::ShadowConfig;
use crate::metrics::{Outcome, ShadowMetrics};
use crate::route::Side;
use crate::tee::{Copied, End, tee};

/// The shadow of one route.
#[derive(Debug)]
pub struct Shadow {
    route: Arc<str>,
    settings: ShadowConfig,
    lane: Lane,
    places: Places,
    legacy: Target,
    rust: Target,
    consent: Consent,
    judge: Judge,
    metrics: ShadowMetrics,
}

/// What a shadow is made of.
#[derive(Debug)]
pub struct Parts {
    /// The route's id.
    pub route: Arc<str>,
    /// Its `shadow` key.
    pub settings: ShadowConfig,
    /// Who asks.
    pub lane: Lane,
    /// The legacy side.
    pub legacy: Backend,
    /// The rust side.
    pub rust: Backend,
    /// Who judges.
    pub judge: Judge,
    /// Where counts go.
    pub metrics: ShadowMetrics,
}

/// One side of the route.
#[derive(Debug)]
struct Target {
    backend: Backend,
    rest: Rest,
}

/// Who asked, as far as the shadow wants to know.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// Names the request; the sample is drawn from it.
    pub request_id: &'a RequestId,
    /// The client's address, after trusted proxies.
    pub address: std::net::IpAddr,
}

impl Shadow {
    /// Puts a route's shadow together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let now = Instant::now();
        let target = |backend| Target {
            backend,
            rest: Rest::new(now),
        };
        Arc::new(Self {
            route: parts.route,
            settings: parts.settings,
            lane: parts.lane,
            places: Lane::places_of_a_route(),
            legacy: target(parts.legacy),
            rust: target(parts.rust),
            consent: Consent::default(),
            judge: parts.judge,
            metrics: parts.metrics,
        })
    }

    /// Looks at a request that `serving` is about to be asked. Of a sampled one the body is copied as it is read, the
    /// other side is asked as soon as it is complete, and the witness must be told of the answer.
    pub fn witness(
        self: &Arc<Self>,
        request: &mut Request<Body>,
        serving: Side,
        client: Client<'_>,
    ) -> Option<Box<Witness>> {
        let draws = || Draws::of(client.request_id.as_str());
        match sort(&self.settings, serving, request.method(), draws) {
            Ask::Nobody => {
                self.judge.passed();
                None
            }
            Ask::Skip => {
                self.judge.saw(&shape_of(request));
                self.ended(Outcome::WriteSkipped);
                None
            }
            Ask::Other(terms) => self.begin(request, serving, client, terms),
        }
    }

    /// Whether planned writes are left out because the rust service does not understand them.
    pub fn plan_is_refused(&self) -> bool {
        self.consent.is_refused()
    }

    fn begin(
        self: &Arc<Self>,
        request: &mut Request<Body>,
        serving: Side,
        client: Client<'_>,
        terms: Terms,
    ) -> Option<Box<Witness>> {
        let started = Instant::now();
        let place = || self.lane.enter(&self.places);
        let rested = self.target(serving.other()).rest.is_over(started);
        let Some(ticket) = rested.then(place).flatten() else {
            self.judge.dropped();
            self.metrics.ended(Outcome::Dropped);
            return None;
        };
        let (tell, primary) = oneshot::channel();
        let completed = Completed::default();
        let job = Job {
            shadow: Arc::clone(self),
            question: Question::of(request, client.request_id),
            client: client.address,
            terms,
            serving,
            primary,
            fate: Fate::open(self),
            _ticket: ticket,
            body: None,
            since: started,
        };
        self.hand_over(job, request, completed.clone());
        Some(Box::new(Witness {
            serving,
            started,
            completed,
            tell,
            cap: cap(self.settings.response_body),
            budget: self.lane.budget.clone(),
        }))
    }

    /// Gives the job to the lane as soon as the request is complete.
    fn hand_over(&self, job: Job, request: &mut Request<Body>, completed: Completed) {
        if !has_body(request.body()) {
            return self.lane.submit(job);
        }
        let on_end = Box::new(move |copied: Copied| {
            completed.now();
            job.complete(copied);
        });
        let length = length(request.headers());
        let body = std::mem::take(request.body_mut());
        let limit = cap(self.settings.request_body);
        *request.body_mut() = tee(body, length, limit, &self.lane.budget, on_end).0;
    }

    fn ended(&self, outcome: Outcome) {
        self.metrics.ended(outcome);
        self.judge.missed(outcome);
    }

    fn target(&self, side: Side) -> &Target {
        match side {
            Side::Legacy => &self.legacy,
            Side::Rust => &self.rust,
        }
    }
}

/// What a copy that is not whole means for a comparison.
fn outcome_of(end: End) -> Outcome {
    match end {
        End::Whole => Outcome::Compared,
        End::Full => Outcome::Oversize,
        End::Crowded => Outcome::Dropped,
        End::Late => Outcome::Timeout,
        End::Failed | End::Left => Outcome::Incomplete,
    }
}

fn shape_of(request: &Request<Body>) -> Shape {
    let has_body = has_body(request.body());
    question::shape(request.method(), request.uri(), request.headers(), has_body)
}

fn cap(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
