//! Which of several origins is asked: round robin over the healthy ones, by Pingora's load balancer.
//!
//! Health has two sources: checks at an interval, and requests that found nobody there. When every origin looks
//! dead, one is asked all the same: a wrong verdict must not be the reason for a 502.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pingora_core::{Error, ErrorType};
use pingora_load_balancing::discovery::ServiceDiscovery;
use pingora_load_balancing::health_check::HealthCheck;
use pingora_load_balancing::selection::RoundRobin;
use pingora_load_balancing::{Backend, Backends, LoadBalancer};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::origin::Origin;
use crate::config::HealthConfig;

/// Between two checks when routes.toml does not say.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long an origin that refused a connection is left alone, unless a check readmits it.
const EJECTED: Duration = Duration::from_secs(10);

/// Chooses among the origins of an upstream.
pub(super) struct Balance {
    shared: Arc<Shared>,
    checks: JoinHandle<()>,
}

struct Shared {
    balancer: LoadBalancer<RoundRobin>,
    ejected: Ejected,
    origins: usize,
}

/// Position of an origin, carried by its Pingora backend.
#[derive(Clone, Copy)]
struct Index(usize);

impl Balance {
    /// Starts the checks on the current runtime; they end when this is dropped.
    pub(super) fn start(origins: Arc<[Arc<Origin>]>, health: Option<HealthConfig>) -> Self {
        let interval = health.as_ref().map_or(INTERVAL, |health| health.interval);
        let ejected = Ejected::new(origins.len());
        let backends = Backends::new(Box::new(Fixed(origins.len())));
        let mut balancer = LoadBalancer::from_backends(backends);
        let probe = Probe {
            origins: Arc::clone(&origins),
            health,
            ejected: ejected.clone(),
        };
        balancer.set_health_check(Box::new(probe));
        // The list of origins is fixed, so this is over at the first poll.
        let _ = futures_util::FutureExt::now_or_never(balancer.update());
        let shared = Arc::new(Shared {
            balancer,
            ejected,
            origins: origins.len(),
        });
        let checks = tokio::spawn(check_at(interval, Arc::clone(&shared)));
        Self { shared, checks }
    }

    /// The next origin in turn.
    pub(super) fn pick(&self) -> usize {
        let shared = &*self.shared;
        if shared.origins == 1 {
            return 0;
        }
        let usable =
            |backend: &Backend, healthy: bool| healthy && !shared.ejected.is(index_of(backend));
        let picked = shared.balancer.select_with(b"", shared.origins, usable);
        let picked = picked.or_else(|| {
            shared
                .balancer
                .select_with(b"", shared.origins, |_, _| true)
        });
        picked.as_ref().map_or(0, index_of)
    }

    /// Leaves an origin alone for a while.
    pub(super) fn eject(&self, index: usize) {
        self.shared.ejected.set(index);
    }

    /// Whether an origin is in use.
    pub(super) fn is_healthy(&self, index: usize) -> bool {
        let backends = self.shared.balancer.backends();
        let found = backends
            .get_backend()
            .iter()
            .any(|backend| index_of(backend) == index && backends.ready(backend));
        found && !self.shared.ejected.is(index)
    }
}

impl Drop for Balance {
    fn drop(&mut self) {
        self.checks.abort();
    }
}

impl std::fmt::Debug for Balance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Balance")
            .field("origins", &self.shared.origins)
            .finish_non_exhaustive()
    }
}

async fn check_at(interval: Duration, shared: Arc<Shared>) {
    loop {
        shared.balancer.backends().run_health_check(true).await;
        tokio::time::sleep(interval).await;
    }
}

fn index_of(backend: &Backend) -> usize {
    backend.ext.get::<Index>().map_or(0, |index| index.0)
}

/// When each origin may be asked again, in milliseconds after `start`; 0: now.
#[derive(Clone)]
struct Ejected {
    start: Instant,
    until: Arc<[AtomicU64]>,
}

impl Ejected {
    fn new(origins: usize) -> Self {
        Self {
            start: Instant::now(),
            until: (0..origins).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is(&self, index: usize) -> bool {
        let until = self.until[index].load(Ordering::Relaxed);
        until != 0 && self.now() < until
    }

    fn set(&self, index: usize) {
        let until = self.now() + u64::try_from(EJECTED.as_millis()).unwrap_or(u64::MAX);
        self.until[index].store(until, Ordering::Relaxed);
    }

    fn clear(&self, index: usize) {
        self.until[index].store(0, Ordering::Relaxed);
    }
}

/// The origins as Pingora sees them. Names are resolved when a connection is opened, so the address here is only a
/// label: the position as a port number of the unspecified address.
struct Fixed(usize);

#[async_trait]
impl ServiceDiscovery for Fixed {
    async fn discover(&self) -> pingora_core::Result<(BTreeSet<Backend>, HashMap<u64, bool>)> {
        let labelled = |index: usize| {
            let mut backend = Backend::new(&format!("0.0.0.0:{index}"))?;
            backend.ext.insert(Index(index));
            Ok(backend)
        };
        let backends = (0..self.0)
            .map(labelled)
            .collect::<pingora_core::Result<_>>()?;
        Ok((backends, HashMap::new()))
    }
}

/// Asks an origin whether it is there.
struct Probe {
    origins: Arc<[Arc<Origin>]>,
    health: Option<HealthConfig>,
    ejected: Ejected,
}

#[async_trait]
impl HealthCheck for Probe {
    async fn check(&self, target: &Backend) -> pingora_core::Result<()> {
        let index = index_of(target);
        let origin = &self.origins[index];
        let healthy = match &self.health {
            Some(health) => origin.answers(&health.path).await,
            None => origin.connects().await,
        };
        if !healthy {
            return Err(Error::new(ErrorType::Custom("unhealthy")));
        }
        self.ejected.clear(index);
        Ok(())
    }

    async fn health_status_change(&self, target: &Backend, healthy: bool) {
        let origin = self.origins[index_of(target)].name();
        if healthy {
            tracing::info!(origin, "an upstream answers its health check again");
        } else {
            tracing::warn!(origin, "an upstream does not answer its health check");
        }
    }

    fn health_threshold(&self, success: bool) -> usize {
        // One good answer readmits, one lost probe does not eject: that is what requests that fail are for.
        if success { 1 } else { 2 }
    }
}
