//! Another process that answers over HTTP: one or several origins, balanced, checked, with pooled connections.
//!
//! The request goes out with the target it came with. The surprise: connections belong to the thread that opened
//! them, because every worker thread has a runtime of its own and a foreign one costs a wake-up per message.

mod balance;
mod connect;
mod lease;
mod origin;
mod pool;
mod target;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use overgrow_handler::Body;

use self::balance::Balance;
use self::connect::Tls;
use self::origin::Origin;
use super::Fault;
use crate::config::{HealthConfig, UpstreamUrl};

pub(crate) use self::connect::client_config;
pub use self::origin::Outcome;

/// How an upstream is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// One or more origins.
    pub urls: Vec<UpstreamUrl>,
    /// Limit for TCP and TLS connect, per origin tried.
    pub connect_timeout: Duration,
    /// Asked of each origin at an interval; without it a TCP connect is.
    pub health: Option<HealthConfig>,
    /// Whether a single origin is checked too. It is asked whatever the checks say; they only show its health.
    pub checks: Checks,
}

/// Which upstreams are checked at an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Those with several origins, and those whose health check is configured.
    WhenUseful,
    /// All.
    Always,
}

impl Reach {
    fn is_checked(&self) -> bool {
        self.urls.len() > 1 || self.health.is_some() || self.checks == Checks::Always
    }
}

/// A running upstream. Dropping it ends its health checks; connections in use finish.
#[derive(Debug)]
pub struct Upstream {
    origins: Arc<[Arc<Origin>]>,
    balance: Option<Balance>,
}

impl Upstream {
    /// Prepares the pools and, for several origins, starts their checks on the current tokio runtime.
    pub fn new(reach: Reach) -> Arc<Self> {
        let tls = Tls::new();
        let origins: Arc<[Arc<Origin>]> = reach
            .urls
            .iter()
            .map(|url| Arc::new(Origin::new(url, reach.connect_timeout, &tls)))
            .collect();
        let checked = reach.is_checked();
        let balance = checked.then(|| Balance::start(Arc::clone(&origins), reach.health));
        Arc::new(Self { origins, balance })
    }

    /// Each origin's name and whether it answers, as far as checks and requests could tell.
    pub fn health(&self) -> Vec<(String, bool)> {
        let checked = |index| {
            self.balance
                .as_ref()
                .is_none_or(|balance| balance.is_healthy(index))
        };
        let healthy = |(index, origin): (usize, &Arc<Origin>)| {
            (
                origin.name().to_owned(),
                checked(index) && origin.is_reachable(),
            )
        };
        self.origins.iter().enumerate().map(healthy).collect()
    }

    /// Sends the request and waits for the head. An origin that cannot be reached is left aside and the next one is
    /// asked; once bytes were written, nobody else is. The request is taken out of its place when it is sent.
    ///
    /// # Errors
    /// A [`Fault`] that says which origin and why. Dropping the future drops the connection in use.
    pub async fn ask(&self, request: &mut Request<Body>) -> Result<Response<Body>, Fault> {
        let wanted_switch = request.headers().contains_key(http::header::UPGRADE);
        let mut tried = 0;
        let response = loop {
            let index = self.balance.as_ref().map_or(0, Balance::pick);
            match self.origins[index].ask(request).await {
                Outcome::Answered(response) => break response,
                Outcome::Failed(fault) => return Err(fault),
                Outcome::Unreached(fault) => {
                    tried += 1;
                    self.leave_aside(index);
                    if tried >= self.origins.len() {
                        return Err(fault);
                    }
                }
            }
        };
        let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if switched && !(wanted_switch && is_websocket(&response)) {
            return Err(Fault::ForeignSwitch);
        }
        Ok(response)
    }

    fn leave_aside(&self, index: usize) {
        if let Some(balance) = &self.balance {
            balance.eject(index);
        }
    }
}

fn is_websocket(response: &Response<Body>) -> bool {
    let upgrade = response.headers().get(http::header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
