//! Attacks on the fetcher over real sockets: a resolver that changes its mind, origins that lie.
//!
//! No public address can be reached from a test, so `127.0.0.2` plays one: the policy allows it, and `127.0.0.1`, where
//! a service stands that must never be asked, stays what it is.

mod bodies;
mod dns;
mod manners;
mod names;
mod origin;
mod redirects;
mod streams;
mod tls;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http::HeaderMap;
use overgrow_fetch::{FetchError, Fetched, Fetcher, Limits, Policy};
use overgrow_handler::Effects;

use dns::Dns;
use origin::Origin;

/// Plays an address of the internet.
const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Is inside.
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Small enough that nobody waits, large enough for a busy machine.
const LIMITS: Limits = Limits {
    bytes: 1000,
    time: Duration::from_secs(20),
    redirects: 5,
};

/// For whoever is meant to run out of time.
const HURRIED: Limits = Limits {
    time: Duration::from_millis(300),
    ..LIMITS
};

/// What a stranger may fetch from, with `OUTSIDE` for the internet.
fn policy(dns: &Dns, origin: &Origin) -> Policy {
    Policy::public()
        .allow(OUTSIDE.into())
        .ports([origin.port()])
        .resolver(dns.address())
}

async fn get(fetcher: &Fetcher, url: &str, limits: Limits) -> Result<Fetched, FetchError> {
    let effects = Effects::performing();
    let outcome = fetcher.get(&effects, url, HeaderMap::new(), limits).await?;
    Ok(outcome.fetched().expect("performed"))
}

/// Fetches from an origin outside that answers like this.
async fn get_from(
    answer: impl Into<origin::Script>,
    limits: Limits,
) -> Result<Fetched, FetchError> {
    let script = answer.into();
    let origin = Origin::start(OUTSIDE, move |_| script.clone()).await;
    let dns = Dns::start([("a.example", vec![vec![OUTSIDE]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin));
    get(&fetcher, &origin.url("a.example"), limits).await
}
