//! Who is let in, whichever side answers, and what browsers are told about the answer.
//!
//! It must not know routing or backends. The surprise: nothing of this is asked of a route that has none of its keys;
//! the legacy asks for itself then.

mod bearer;
mod dress;
mod limit;
mod refusal;
mod signed;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

use http::{Request, Response};
use overgrow_auth::jwt::JwtError;
use overgrow_auth::{Pages, own_origin};
use overgrow_handler::Body;
use url::Url;

use self::limit::Failures;
use self::refusal::Denied;
use self::signed::{Delivery, Signed};
use self::token::Tokens;
use crate::config::{AdmissionConfig, CsrfConfig, SecretError};
use crate::natives::Natives;

/// What a route asks of its clients.
#[derive(Debug)]
pub struct Admission {
    config: AdmissionConfig,
    pages: Option<Pages>,
    tokens: Option<Arc<Tokens>>,
    signed: Option<Arc<Signed>>,
    failures: Option<Arc<Failures>>,
}

/// Why a route cannot ask what it is to ask.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A secret is none.
    #[error(transparent)]
    Weak(#[from] JwtError),
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The client, after trusted proxies.
    pub client: IpAddr,
    /// `https` or `http`: what the client speaks, before trusted proxies.
    pub scheme: &'static str,
}

/// A request was let in; its answer is shown to this.
#[derive(Debug)]
pub struct Pass {
    admission: Arc<Admission>,
    visitor: Visitor,
    delivery: Option<Delivery>,
}

/// A request was not let in.
#[derive(Debug)]
pub struct TurnedAway {
    /// What its client is told.
    pub response: Response<Body>,
    /// Why, in a word for metrics; the set is closed.
    pub reason: &'static str,
}

impl Admission {
    /// What a route's keys ask for; nothing when they ask for nothing. What the generation before knows of a key is kept
    /// where that key is the same, so that a reload forgives nobody and no delivery is good for a second time.
    ///
    /// # Errors
    /// When what they need is not there.
    pub fn build(
        config: &AdmissionConfig,
        natives: &Natives,
        before: Option<&Arc<Self>>,
    ) -> Result<Option<Arc<Self>>, Unusable> {
        if config.is_open() {
            return Ok(None);
        }
        if let Some(same) = before.filter(|before| before.config == *config) {
            return Ok(Some(Arc::clone(same)));
        }
        let before = before.map(Arc::as_ref);
        Ok(Some(Arc::new(Self {
            pages: config.csrf.as_ref().map(pages),
            tokens: kept(
                config,
                before,
                |config| &config.auth,
                |had| &had.tokens,
                |auth| Tokens::new(auth, natives),
            )?,
            signed: kept(
                config,
                before,
                |config| &config.signature,
                |had| &had.signed,
                |signature| Ok(Signed::new(signature)?),
            )?,
            failures: kept(
                config,
                before,
                |config| &config.limit,
                |had| &had.failures,
                |limit| Ok(Failures::new(*limit)),
            )?,
            config: config.clone(),
        })))
    }

    /// Lets a request in, or says why not. Dropping the future gives the question up.
    ///
    /// # Errors
    /// When it is not let in.
    pub async fn admit(
        self: &Arc<Self>,
        request: &mut Request<Body>,
        visitor: Visitor,
    ) -> Result<Box<Pass>, Box<TurnedAway>> {
        match self.check(request, visitor).await {
            Ok(delivery) => Ok(Box::new(Pass {
                admission: Arc::clone(self),
                visitor,
                delivery,
            })),
            Err(denied) => Err(Box::new(self.turn_away(&denied, visitor))),
        }
    }

    fn turn_away(&self, denied: &Denied, visitor: Visitor) -> TurnedAway {
        let mut response = denied.response();
        self.note(&mut response, visitor);
        TurnedAway {
            response,
            reason: denied.reason(),
        }
    }

    /// In the order of what it costs to ask.
    async fn check(
        &self,
        request: &mut Request<Body>,
        visitor: Visitor,
    ) -> Result<Option<Delivery>, Denied> {
        self.check_pace(visitor.client)?;
        self.check_page(request, visitor)?;
        if let Some(tokens) = &self.tokens {
            let head = (request.headers(), request.uri());
            tokens.check(head, visitor).await?;
        }
        match &self.signed {
            Some(signed) => signed.check(request).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes note of an answer, whoever gave it, and adds what browsers are to be told.
    fn note(&self, response: &mut Response<Body>, visitor: Visitor) {
        if let Some(failures) = &self.failures {
            failures.note(visitor.client, response.status());
        }
        dress::dress(response.headers_mut(), &self.config.security);
    }

    fn check_page(&self, request: &Request<Body>, visitor: Visitor) -> Result<(), Denied> {
        let Some(pages) = &self.pages else {
            return Ok(());
        };
        let own = own_origin(visitor.scheme, request.headers(), request.uri());
        let checked = pages.check(request.method(), request.headers(), &own);
        checked.map_err(Denied::Page)
    }

    fn check_pace(&self, client: IpAddr) -> Result<(), Denied> {
        let wait = self
            .failures
            .as_ref()
            .and_then(|failures| failures.wait(client));
        wait.map_or(Ok(()), |wait| Err(Denied::TooManyFailures(wait)))
    }
}

impl Pass {
    /// The request was answered, by whichever side.
    pub fn answered(self, response: &mut Response<Body>) {
        if let Some(delivery) = self.delivery {
            delivery.answered(response.status());
        }
        self.admission.note(response, self.visitor);
    }
}

/// What a key asks for: what it was before, where the key is the same, else made anew.
fn kept<K: PartialEq, T>(
    config: &AdmissionConfig,
    before: Option<&Admission>,
    key: fn(&AdmissionConfig) -> &Option<K>,
    had: fn(&Admission) -> &Option<Arc<T>>,
    make: impl Fn(&K) -> Result<T, Unusable>,
) -> Result<Option<Arc<T>>, Unusable> {
    let Some(now) = key(config) else {
        return Ok(None);
    };
    match before.filter(|before| key(&before.config).as_ref() == Some(now)) {
        Some(before) => Ok(had(before).clone()),
        None => make(now).map(Arc::new).map(Some),
    }
}

/// The pages that may write, besides the route's own.
fn pages(csrf: &CsrfConfig) -> Pages {
    let origins = csrf
        .origins
        .iter()
        .filter_map(|origin| origin.parse::<Url>().ok());
    Pages {
        origins: origins.map(|url| url.origin()).collect(),
        ..Pages::default()
    }
}
