//! The life of one request: identify → decide → watch → ask → finish.
//!
//! It knows every room's public entry, but neither TOML nor how answers are compared. The surprise: a request holds
//! on to the generation of the configuration it started with, so a reload never changes a request half way.

mod account;
mod alone;
mod ask;
mod caller;
mod date;
mod decide;
mod forward;
mod generation;
mod problem;
mod seen;
mod socket;
mod switch;
mod watch;

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::{Request, Response};
use hyper::body::Incoming;
use ipnet::IpNet;
use overgrow_handler::Body;

pub use self::account::Answer;
pub use self::generation::{BuildError, Generation, Parts, Route};

use self::account::Account;
use self::alone::Alone;
use self::caller::Caller;
use self::seen::Seen;
use self::switch::Switch;
use crate::listen::{Dates, Drain, Front, Peer, Refusal};
use crate::metrics::Metrics;
use crate::record::Recorder;

/// Answers every request of the traffic listeners.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    running: Arc<ArcSwap<Generation>>,
    trusted_proxies: Vec<IpNet>,
    drain: Arc<Drain>,
    metrics: Metrics,
    recorder: Recorder,
}

impl Gateway {
    /// Answers from whatever generation `running` holds at the time of each request.
    pub fn new(
        running: Arc<ArcSwap<Generation>>,
        trusted_proxies: Vec<IpNet>,
        drain: Arc<Drain>,
        metrics: Metrics,
        recorder: Recorder,
    ) -> Self {
        Self(Arc::new(Shared {
            running,
            trusted_proxies,
            drain,
            metrics,
            recorder,
        }))
    }

    async fn answer(&self, peer: Arc<Peer>, request: Request<Incoming>) -> Response<Answer> {
        let shared = &*self.0;
        let generation = shared.running.load_full();
        let seen = Seen::of(request.headers());
        let caller = Caller::identify(&peer, request.headers(), seen, &shared.trusted_proxies);
        let upgrade = switch::wanted(&request, seen);
        if let Err(refused) = switch::check(&request, seen, upgrade) {
            shared.metrics.refused(refused.reason());
            return problem::refused(&refused, Some(&caller.request_id)).map(Answer::unaccounted);
        }
        let decision = decide::decide(&generation, &caller, &request, upgrade);
        let route = generation.route(decision.route);
        let mut account = Account::open(
            Arc::clone(route),
            generation.side(decision.side),
            &caller,
            &request,
            &shared.drain,
        );

        let mut request = request.map(Body::from);
        let pass = match &route.admission {
            None => None,
            Some(admission) => {
                let visitor = caller.visitor(&peer, request.headers());
                match Box::pin(admission.admit(&mut request, visitor)).await {
                    Ok(pass) => Some(pass),
                    Err(turned) => return account.turn_away(*turned),
                }
            }
        };
        let scheme = if peer.tls { "https" } else { "http" };
        let tap = shared.recorder.wants(&route.id);
        let pending = tap.map(|tap| tap.question(&mut request, scheme));
        let mut request = forward::to_backend(request, seen, &caller, peer.tls, upgrade);
        let switch = Switch::of(&request, upgrade);
        let witness = watch::begin(&account, &caller, &mut request, upgrade);
        let alone = match &witness {
            None => Alone::begin(&account, upgrade),
            Some(_) => None,
        };
        let mut answered = ask::ask(&generation, &mut account, &caller, &mut request).await;
        if let Some(alone) = alone {
            alone.end(&answered, &account);
        }
        if let Some(witness) = witness {
            answered = watch::end(*witness, answered, &account);
        }

        let mut response = match answered {
            Ok(response) => forward::to_client(response, account.http_version()),
            Err(fault) => problem::of_fault(&fault, &caller.request_id, account.side()),
        };
        if let Some(pending) = pending {
            response = pending.answered(response);
        }
        if let Some(pass) = pass {
            pass.answered(&mut response);
        }
        if caller.wants_debug {
            account.describe(response.headers_mut());
        }
        account.finish(response, switch, &peer)
    }
}

impl Front for Gateway {
    const DATES: Dates = Dates::Untouched;
    type Body = Answer;

    async fn serve(&self, peer: Arc<Peer>, request: Request<Incoming>) -> Response<Answer> {
        if let Some(refusal) = Refusal::of(&request) {
            self.0.metrics.refused(refusal.reason());
            return problem::refused(&refusal, None).map(Answer::unaccounted);
        }
        self.answer(peer, request).await
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_answer<F>(_: impl Fn(&'static Gateway, Arc<Peer>, Request<Incoming>) -> F) -> usize {
        size_of::<F>()
    }

    /// Each request's future is moved into place whole; at 22 KB that was felt.
    #[test]
    fn the_future_of_a_request_stays_small() {
        let size = size_of_answer(|gateway, peer, request| gateway.answer(peer, request));
        assert!(size < 2_500, "{size} bytes: box what is rarely awaited");
    }
}
