//! How often a client may fail before it has to wait.
//!
//! Whoever answers, a 401 or 403 is a failure. The surprise: an IPv6 client is its /64, because a host has all of one.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use governor::clock::DefaultClock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use http::StatusCode;

use crate::config::LimitConfig;

/// Clients that are remembered before those are forgotten who may fail again anyway. After that it is tried again when
/// twice as many are left: to go over all of them with every failure would be what an attacker with many addresses wants.
const CLIENTS: usize = 16 * 1024;

type Cells =
    RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

/// The failures of a route's clients.
#[derive(Debug)]
pub(super) struct Failures {
    cells: Cells,
    /// Who has used up its failures, and until when.
    waiting: DashMap<IpAddr, Instant>,
    /// The time in which one failure is forgiven.
    pause: Duration,
    /// How many clients are remembered before it is tidied the next time.
    most: AtomicUsize,
}

impl Failures {
    pub(super) fn new(limit: LimitConfig) -> Self {
        let failures = NonZeroU32::new(limit.failures).unwrap_or(NonZeroU32::MIN);
        let pause = (limit.per / failures.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(pause)
            .unwrap_or(Quota::per_second(NonZeroU32::MIN))
            .allow_burst(failures);
        Self {
            cells: RateLimiter::keyed(quota).with_middleware(),
            waiting: DashMap::new(),
            pause,
            most: CLIENTS.into(),
        }
    }

    /// How long a client has to wait before it is heard again; nothing for one that has not failed too often.
    pub(super) fn wait(&self, client: IpAddr) -> Option<Duration> {
        let client = whole(client);
        let until = *self.waiting.get(&client)?;
        let left = until.checked_duration_since(Instant::now());
        if left.is_none() {
            self.waiting.remove(&client);
        }
        left
    }

    /// Takes note of an answer.
    pub(super) fn note(&self, client: IpAddr, status: StatusCode) {
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return;
        }
        self.tidy();
        let client = whole(client);
        let left = self.cells.check_key(&client);
        let left = left.map_or(0, |state| state.remaining_burst_capacity());
        if left == 0 {
            self.waiting.insert(client, Instant::now() + self.pause);
        }
    }

    /// Forgets the clients that may fail again as often as anybody.
    fn tidy(&self) {
        if self.cells.len() < self.most.load(Relaxed) {
            return;
        }
        self.cells.retain_recent();
        self.most.store(CLIENTS.max(2 * self.cells.len()), Relaxed);
        let now = Instant::now();
        self.waiting.retain(|_, until| *until > now);
    }
}

/// What counts as one client.
fn whole(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn failures(failures: u32, per: Duration) -> Failures {
        Failures::new(LimitConfig { failures, per })
    }

    fn fail(failures: &Failures, client: &str) {
        failures.note(client.parse().unwrap(), StatusCode::UNAUTHORIZED);
    }

    fn waits(failures: &Failures, client: &str) -> bool {
        failures.wait(client.parse().unwrap()).is_some()
    }

    #[test]
    fn the_last_failure_allowed_makes_a_client_wait() {
        let failures = failures(3, HOUR);
        for _ in 0..2 {
            fail(&failures, "192.0.2.1");
            assert!(!waits(&failures, "192.0.2.1"));
        }
        fail(&failures, "192.0.2.1");
        let wait = failures.wait("192.0.2.1".parse().unwrap()).unwrap();
        assert!(wait <= HOUR / 3 && wait > HOUR / 4, "{wait:?}");
        assert!(!waits(&failures, "192.0.2.2"));
    }

    #[test]
    fn good_answers_are_no_failures() {
        let failures = failures(1, HOUR);
        failures.note("192.0.2.1".parse().unwrap(), StatusCode::OK);
        failures.note("192.0.2.1".parse().unwrap(), StatusCode::NOT_FOUND);
        assert!(!waits(&failures, "192.0.2.1"));
    }

    #[test]
    fn who_has_waited_is_heard_again() {
        let failures = failures(1, Duration::from_nanos(1));
        fail(&failures, "192.0.2.1");
        std::thread::yield_now();
        while waits(&failures, "192.0.2.1") {}
        assert!(failures.waiting.is_empty());
    }

    #[test]
    fn a_network_of_64_bits_is_one_client_and_a_mapped_address_its_own() {
        let failures = failures(1, HOUR);
        fail(&failures, "2001:db8::1");
        assert!(waits(&failures, "2001:db8::2"));
        assert!(!waits(&failures, "2001:db8:0:1::1"));
        fail(&failures, "::ffff:192.0.2.1");
        assert!(waits(&failures, "192.0.2.1"));
    }

    #[test]
    fn ever_new_clients_do_not_fill_the_memory() {
        let failures = failures(2, Duration::from_nanos(2));
        for client in 0..3 * u32::try_from(CLIENTS).unwrap() {
            let address = std::net::Ipv4Addr::from(client);
            failures.note(address.into(), StatusCode::UNAUTHORIZED);
        }
        assert!(failures.cells.len() <= CLIENTS + 1);
    }

    #[test]
    fn clients_that_cannot_be_forgotten_are_gone_over_seldom() {
        let failures = failures(2, HOUR);
        for client in 0..=u32::try_from(CLIENTS).unwrap() {
            let address = std::net::Ipv4Addr::from(client);
            failures.note(address.into(), StatusCode::UNAUTHORIZED);
        }
        assert_eq!(failures.cells.len(), CLIENTS + 1);
        assert_eq!(failures.most.load(Relaxed), 2 * CLIENTS);
    }
}
