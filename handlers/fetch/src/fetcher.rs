//! Fetching: check, look up, connect, ask, follow.
//!
//! Each hop is checked as the first one was. The surprise: there is no pool. A connection belongs to one check, and
//! what was checked for one request says nothing about the next.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION,
    PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT,
};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use overgrow_handler::{Effect, Effects};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use crate::connect::Connector;
use crate::exchange::{self, Answer};
use crate::resolve::Resolver;
use crate::{FetchError, Limits, Policy, Target};

/// Fetches at a time: enough for a busy gateway, and few enough that slow answers do not fill the memory.
const AT_ONCE: usize = 64;

/// Fetches under a policy; cheap to clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Shared>);

struct Shared {
    policy: Policy,
    resolver: Resolver,
    connector: Connector,
    places: Semaphore,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// An answer.
    Answer(Box<Reply>),
    /// Nothing: it was only planned.
    Planned,
}

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where it came from, redirects followed.
    pub url: Url,
    /// Its status, whatever that is.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Fetcher {
    /// Reads the system's resolver configuration and certificates. Must run where tokio does.
    ///
    /// # Errors
    /// When the resolver's configuration cannot be read.
    pub fn new(policy: Policy) -> Result<Self, FetchError> {
        let resolver = Resolver::new(&policy)
            .map_err(|error| FetchError::Unresolved("nothing".to_owned(), Some(error)))?;
        Ok(Self(Arc::new(Shared {
            connector: Connector::new(&policy),
            places: Semaphore::new(AT_ONCE),
            resolver,
            policy,
        })))
    }

    /// Fetches an address. Dropping the future ends the connection.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub async fn get(
        &self,
        effects: &Effects,
        url: &str,
        headers: HeaderMap,
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let target = Target::parse(url, &self.0.policy)?;
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.headers = headers;
        self.perform(effects, target, parts, Bytes::new(), limits)
            .await
    }

    /// Sends a request with an absolute address. Dropping the future ends the connection; the request may have
    /// arrived. While planning, the address is checked and nothing is sent or looked up.
    ///
    /// # Errors
    /// When the address is refused, nobody answers, or the answer is past the limits. An answer of any status is none.
    pub async fn request(
        &self,
        effects: &Effects,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let (parts, body) = request.into_parts();
        let target = Target::parse(&parts.uri.to_string(), &self.0.policy)?;
        self.perform(effects, target, parts, body, limits).await
    }

    async fn perform(
        &self,
        effects: &Effects,
        target: Target,
        parts: Parts,
        body: Bytes,
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let effect = Effect::new("http", format!("{} {}", parts.method, target.shown()));
        let effect = effect.payload(&body);
        let perform = || async {
            let _place = self.0.places.try_acquire().map_err(|_| FetchError::Busy)?;
            let asking = self.follow(target, parts, body, limits);
            let reply = timeout(limits.time, asking).await;
            reply
                .map_err(|_| FetchError::Late)?
                .map(Box::new)
                .map(Fetched::Answer)
        };
        effects.run(effect, Fetched::Planned, perform).await
    }

    async fn follow(
        &self,
        mut target: Target,
        mut parts: Parts,
        mut body: Bytes,
        limits: Limits,
    ) -> Result<Reply, FetchError> {
        clean(&mut parts.headers);
        for _ in 0..=limits.redirects {
            let answer = self.ask(&target, &parts, body.clone()).await?;
            let Some(location) = redirect(&answer)? else {
                return reply(answer, &target, limits.bytes).await;
            };
            let next = target.redirected(&location, &self.0.policy)?;
            if changes_to_get(answer.response.status(), &parts.method) {
                parts.method = Method::GET;
                parts.headers.remove(CONTENT_TYPE);
                body = Bytes::new();
            }
            if !next.is_same_origin(&target) {
                forget_credentials(&mut parts.headers);
            }
            target = next;
        }
        Err(FetchError::Redirect)
    }

    async fn ask(&self, target: &Target, parts: &Parts, body: Bytes) -> Result<Answer, FetchError> {
        let shared = &*self.0;
        let addresses = shared.resolver.addresses(target, &shared.policy).await?;
        let connector = &shared.connector;
        let connection = connector
            .connect(target, &addresses, &shared.policy)
            .await?;
        exchange::send(connection, target, parts, body).await
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Fetcher").field(&self.0.policy).finish()
    }
}

/// What the caller may not choose, and who we are.
fn clean(headers: &mut HeaderMap) {
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    const AGENT: &str = concat!("overgrow/", env!("CARGO_PKG_VERSION"));
    let agent = headers.entry(USER_AGENT);
    agent.or_insert(HeaderValue::from_static(AGENT));
}

fn forget_credentials(headers: &mut HeaderMap) {
    headers.remove(AUTHORIZATION);
    headers.remove(COOKIE);
}

/// Where an answer sends us, if it does.
fn redirect(answer: &Answer) -> Result<Option<String>, FetchError> {
    if !matches!(
        answer.response.status().as_u16(),
        301 | 302 | 303 | 307 | 308
    ) {
        return Ok(None);
    }
    let location = answer.response.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    location.map_or(Err(FetchError::Redirect), |location| {
        Ok(Some(location.to_owned()))
    })
}

/// As browsers do it: a 303 always, a 301 and a 302 after a POST.
fn changes_to_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

async fn reply(answer: Answer, target: &Target, most: u64) -> Result<Reply, FetchError> {
    let (status, headers) = (answer.response.status(), answer.response.headers().clone());
    Ok(Reply {
        url: target.url().clone(),
        status,
        headers,
        body: answer.body(target, most).await?,
    })
}
