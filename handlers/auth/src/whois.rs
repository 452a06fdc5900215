//! Asks who is behind a tailnet address, and remembers the answer for a while.
//!
//! How it is asked is somebody else's. The surprise: that nobody is there is an answer and kept as long as a name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, timeout};

/// How long an answer holds.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a failure holds: long enough that a broken whois is not asked for every request.
const FAILURE: Duration = Duration::from_secs(5);
/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Addresses that are remembered: a tailnet's worth.
const ENTRIES: usize = 1024;

/// Who is behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The login, such as `ada@example.com`.
    pub login: String,
    /// The name for people.
    pub name: Option<String>,
}

/// Why nobody can say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhoisError {
    /// It took too long.
    #[error("whois gave no answer in time")]
    TimedOut,
    /// It failed.
    #[error("whois failed: {0}")]
    Failed(String),
}

/// Whoever knows who is behind a tailnet address.
#[async_trait]
pub trait Whois: Send + Sync {
    /// Who it is; `None` for an address that is nobody's. Dropping the future gives the question up.
    ///
    /// # Errors
    /// When it cannot be said.
    async fn whois(&self, address: IpAddr) -> Result<Option<Identity>, WhoisError>;
}

/// Knows nobody, for gateways without Tailscale.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

#[async_trait]
impl Whois for Nobody {
    async fn whois(&self, _: IpAddr) -> Result<Option<Identity>, WhoisError> {
        Ok(None)
    }
}

/// Remembers what another one said: answers for 60 seconds, failures for 5, and gives it 5 seconds to say it.
#[derive(Debug, Default)]
pub struct Cached<W> {
    inner: W,
    kept: Mutex<HashMap<IpAddr, Kept>>,
}

#[derive(Debug)]
struct Kept {
    said: Result<Option<Identity>, WhoisError>,
    until: Instant,
}

impl<W> Cached<W> {
    /// Remembers for this one.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            kept: Mutex::default(),
        }
    }

    fn recall(&self, address: IpAddr) -> Option<Result<Option<Identity>, WhoisError>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(&address)?;
        (kept.until > Instant::now()).then(|| kept.said.clone())
    }

    fn keep(&self, address: IpAddr, said: Result<Option<Identity>, WhoisError>) {
        let until = Instant::now() + if said.is_ok() { ANSWER } else { FAILURE };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ENTRIES {
            make_room(&mut kept);
        }
        kept.insert(address, Kept { said, until });
    }
}

/// Drops what no longer holds, and if all of it does, what ends first.
fn make_room(kept: &mut HashMap<IpAddr, Kept>) {
    let now = Instant::now();
    kept.retain(|_, kept| kept.until > now);
    if kept.len() < ENTRIES {
        return;
    }
    let first = kept.iter().min_by_key(|(_, kept)| kept.until);
    if let Some(address) = first.map(|(address, _)| *address) {
        kept.remove(&address);
    }
}

#[async_trait]
impl<W: Whois> Whois for Cached<W> {
    async fn whois(&self, address: IpAddr) -> Result<Option<Identity>, WhoisError> {
        let address = address.to_canonical();
        if let Some(said) = self.recall(address) {
            return said;
        }
        let asked = timeout(LIMIT, self.inner.whois(address)).await;
        let said = asked.unwrap_or(Err(WhoisError::TimedOut));
        self.keep(address, said.clone());
        said
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::advance;

    use super::*;

    /// Knows `10.*`, fails for `192.*`, and never answers for anybody else.
    #[derive(Default)]
    struct Tailnet(AtomicUsize);

    #[async_trait]
    impl Whois for Tailnet {
        async fn whois(&self, address: IpAddr) -> Result<Option<Identity>, WhoisError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            match address {
                IpAddr::V4(known) if known.octets()[0] == 10 => Ok(None),
                IpAddr::V4(known) if known.octets()[0] == 192 => {
                    Err(WhoisError::Failed("no daemon".to_owned()))
                }
                _ => std::future::pending().await,
            }
        }
    }

    fn asked(cached: &Cached<Tailnet>) -> usize {
        cached.inner.0.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_for_a_minute() {
        let cached = Cached::new(Tailnet::default());
        let address = IpAddr::from([10, 0, 0, 1]);
        for _ in 0..2 {
            assert_eq!(cached.whois(address).await, Ok(None));
        }
        advance(ANSWER - Duration::from_millis(1)).await;
        assert_eq!(
            cached.whois("::ffff:10.0.0.1".parse().unwrap()).await,
            Ok(None)
        );
        assert_eq!(asked(&cached), 1);
        advance(Duration::from_millis(1)).await;
        assert_eq!(cached.whois(address).await, Ok(None));
        assert_eq!(asked(&cached), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_holds_for_five_seconds() {
        let cached = Cached::new(Tailnet::default());
        let address = IpAddr::from([192, 0, 2, 1]);
        assert!(cached.whois(address).await.is_err());
        advance(FAILURE - Duration::from_millis(1)).await;
        assert!(cached.whois(address).await.is_err());
        assert_eq!(asked(&cached), 1);
        advance(Duration::from_millis(1)).await;
        assert!(cached.whois(address).await.is_err());
        assert_eq!(asked(&cached), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_is_a_failure_after_five_seconds() {
        let cached = Cached::new(Tailnet::default());
        let began = Instant::now();
        let said = cached.whois(IpAddr::from([8, 8, 8, 8])).await;
        assert_eq!(said, Err(WhoisError::TimedOut));
        assert_eq!(began.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_are_remembered_within_bounds() {
        let cached = Cached::new(Tailnet::default());
        for number in 0..=ENTRIES {
            let address = IpAddr::from([10, 0, (number / 256) as u8, (number % 256) as u8]);
            assert_eq!(cached.whois(address).await, Ok(None));
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!(cached.kept.lock().unwrap().len(), ENTRIES);
        assert_eq!(cached.whois(IpAddr::from([10, 0, 0, 1])).await, Ok(None));
        assert_eq!(asked(&cached), ENTRIES + 1, "only the oldest went");
    }
}
