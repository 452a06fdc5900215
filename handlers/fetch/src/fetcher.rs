//! The whole of a fetch: from a URL that somebody named to bytes, redirect by redirect.
//!
//! It keeps the order - check, resolve, connect, ask, again for each redirect - and the time; what is right and wrong
//! the other modules know. The surprise: nothing is kept between two requests, not even a connection to one host,
//! because a connection that was checked for one target must not serve another.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{Method, Request, StatusCode};
use overgrow_handler::{Effect, Effects};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::ask::Ask;
use crate::connect::Connector;
use crate::exchange::{Answer, exchange};
use crate::redirect::Step;
use crate::resolve::Resolver;
use crate::target::Target;
use crate::{FetchError, Policy, Streamed, sniff};

/// Fetches under one policy; cheap to clone, and all clones share its bound on fetches at once. Proxies named by the
/// environment are not used: they would connect to what was not checked.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    policy: Policy,
    resolver: Resolver,
    connector: Connector,
    turns: Arc<Semaphore>,
}

/// What one fetch may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body.
    pub bytes: usize,
    /// Time for all of it: waiting for a turn, resolving, redirects, the body's last byte.
    pub time: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
}

/// What became of a fetch.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was performed.
    Fetched(Box<Fetched>),
    /// It was recorded in a plan and not performed; its URL is one that would be tried.
    Planned,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it came from in the end, after redirects.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
    /// The type that the origin claims, in lower case and without parameters.
    pub content_type: Option<String>,
}

impl Default for Limits {
    /// What the legacy allows a file that a message names: 5 MiB, 10 s, 5 redirects.
    fn default() -> Self {
        Self {
            bytes: 5 * 1024 * 1024,
            time: Duration::from_secs(10),
            redirects: 5,
        }
    }
}

impl Fetcher {
    /// A fetcher under this policy. It reads nothing before the first fetch.
    pub fn new(policy: Policy) -> Self {
        Self(Arc::new(Inner {
            turns: Arc::new(Semaphore::new(policy.at_once)),
            resolver: Resolver::default(),
            connector: Connector::default(),
            policy,
        }))
    }

    /// Gets what a URL names. Dropping the future closes the connection.
    ///
    /// # Errors
    /// Whenever there is no whole answer; a status is no error. [`FetchError::blame`] says whose fault it is. A URL
    /// that is refused as it stands is refused in a plan too; a plan resolves no names.
    pub async fn get(
        &self,
        effects: &Effects,
        url: &str,
        headers: HeaderMap,
        limits: Limits,
    ) -> Result<Outcome, FetchError> {
        let target = Target::parse(url, &self.0.policy)?;
        let ask = Ask::new(target, Method::GET, headers, Bytes::new())?;
        self.run(effects, ask, limits).await
    }

    /// Sends a request of any method but `CONNECT` and `TRACE` to its absolute URI.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn request(
        &self,
        effects: &Effects,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Outcome, FetchError> {
        self.run(effects, self.read(request)?, limits).await
    }

    /// Sends one request and gives the answer as soon as its head is there, whatever it is: a redirect is the caller's to
    /// follow or not. It is performed at once; a caller that plans is to plan it. Dropping the future closes the
    /// connection.
    ///
    /// # Errors
    /// As [`get`](Self::get); later ones come with the body.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Streamed, FetchError> {
        let ask = self.read(request)?;
        let until = Instant::now() + limits.time;
        let sent = timeout_at(until, async {
            let turn = Arc::clone(&self.0.turns).acquire_owned().await;
            let turn = turn.map_err(|_| FetchError::Timeout)?;
            Ok::<_, FetchError>((self.ask(&ask).await?, turn))
        });
        let (answer, turn) = sent.await.map_err(|_| FetchError::Timeout)??;
        Streamed::new(ask.target.url, answer, turn, until, limits.bytes)
    }

    fn read(&self, request: Request<Bytes>) -> Result<Ask, FetchError> {
        let (head, body) = request.into_parts();
        let target = Target::parse(&head.uri.to_string(), &self.0.policy)?;
        Ask::new(target, head.method, head.headers, body)
    }

    async fn run(
        &self,
        effects: &Effects,
        ask: Ask,
        limits: Limits,
    ) -> Result<Outcome, FetchError> {
        let effect = effect(&ask);
        let perform = || self.perform(ask, limits);
        effects.run(effect, Outcome::Planned, perform).await
    }

    async fn perform(&self, ask: Ask, limits: Limits) -> Result<Outcome, FetchError> {
        match tokio::time::timeout(limits.time, self.follow(ask, limits)).await {
            Ok(fetched) => fetched.map(|fetched| Outcome::Fetched(Box::new(fetched))),
            Err(_) => Err(FetchError::Timeout),
        }
    }

    async fn follow(&self, mut ask: Ask, limits: Limits) -> Result<Fetched, FetchError> {
        // The semaphore is never closed; were it, fetching unbounded would not be the answer.
        let _turn = self
            .0
            .turns
            .acquire()
            .await
            .map_err(|_| FetchError::Timeout)?;
        for _ in 0..=limits.redirects {
            let answer = self.ask(&ask).await?;
            match ask.step(answer.head.status, &answer.head.headers, &self.0.policy)? {
                Step::Onward(next) => ask = *next,
                Step::Arrived => return arrived(ask.target.url, answer, limits).await,
            }
        }
        Err(FetchError::Redirects {
            limit: limits.redirects,
        })
    }

    async fn ask(&self, ask: &Ask) -> Result<Answer, FetchError> {
        let Inner {
            policy,
            resolver,
            connector,
            ..
        } = &*self.0;
        let addresses: Vec<IpAddr> = resolver.addresses(&ask.target, policy).await?;
        let stream = connector.open(&ask.target, &addresses, policy).await?;
        exchange(stream, ask).await
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Fetcher").field(&self.0.policy).finish()
    }
}

impl Outcome {
    /// The answer; `None` in a plan.
    pub fn fetched(self) -> Option<Fetched> {
        match self {
            Self::Fetched(fetched) => Some(*fetched),
            Self::Planned => None,
        }
    }
}

impl Fetched {
    /// The type that the body itself shows, which is the one to believe.
    pub fn sniffed(&self) -> Option<&'static str> {
        sniff(&self.body)
    }
}

async fn arrived(url: Url, answer: Answer, limits: Limits) -> Result<Fetched, FetchError> {
    let (head, body) = answer.read(limits.bytes).await?;
    Ok(Fetched {
        url,
        status: head.status,
        content_type: essence(&head.headers),
        headers: head.headers,
        body,
    })
}

fn essence(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    (!essence.is_empty()).then_some(essence)
}

/// People read plans, so a query shows its names and not its values; the digest tells two of them apart all the same.
fn effect(ask: &Ask) -> Effect {
    let mut shown = ask.target.url.clone();
    shown.set_query(None);
    let names: Vec<_> = ask
        .target
        .url
        .query_pairs()
        .map(|(name, _)| format!("{name}=…"))
        .collect();
    let query = if names.is_empty() {
        String::new()
    } else {
        format!("?{}", names.join("&"))
    };
    let whole = [ask.target.url.as_str().as_bytes(), b"\n", &ask.body].concat();
    Effect::new("http", format!("{} {shown}{query}", ask.method)).payload(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &'static str) -> HeaderMap {
        [(header::CONTENT_TYPE, content_type.parse().unwrap())]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_type_is_told_without_parameters() {
        assert_eq!(
            essence(&headers("Image/PNG; q=1")).as_deref(),
            Some("image/png")
        );
        assert_eq!(essence(&headers(" ; q=1")), None);
        assert_eq!(essence(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn a_plan_connects_nowhere_and_shows_no_secret() {
        let fetcher = Fetcher::new(Policy::public());
        let (effects, plan) = Effects::planning();
        for url in [
            "https://a.example/f?token=s3cret&x",
            "https://a.example/f?token=other&x",
        ] {
            let outcome = fetcher
                .get(&effects, url, HeaderMap::new(), Limits::default())
                .await;
            assert!(matches!(outcome, Ok(Outcome::Planned)));
        }
        let [one, other] = &plan.take()[..] else {
            panic!("two effects")
        };
        assert_eq!(
            (&*one.kind, &*one.target),
            ("http", "GET https://a.example/f?token=…&x=…")
        );
        assert!(!format!("{one:?}").contains("s3cret"));
        assert_ne!(one.detail, other.detail);
    }

    #[tokio::test]
    async fn a_plan_refuses_what_would_be_refused() {
        let (effects, plan) = Effects::planning();
        let fetcher = Fetcher::new(Policy::public());
        let outcome = fetcher
            .get(
                &effects,
                "http://localhost./",
                HeaderMap::new(),
                Limits::default(),
            )
            .await;
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "Blocked hostname: localhost."
        );
        assert_eq!(plan.take(), []);
    }
}
