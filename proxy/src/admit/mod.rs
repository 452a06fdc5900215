//! Who is let in, whichever side answers, and what browsers are told about the answer.
//!
//! It must not know routing or backends. The surprise: nothing of this is asked of a route that has none of its keys;
//! the legacy asks for itself then.

mod dress;
mod limit;
mod refusal;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Request, Response};
use overgrow_handler::Body;

use self::limit::Failures;
pub use self::refusal::Denied;
use self::token::Tokens;
use crate::config::{AdmissionConfig, SecretError};
use crate::natives::Natives;

/// What a route asks of its clients.
#[derive(Debug)]
pub struct Admission {
    config: AdmissionConfig,
    tokens: Option<Tokens>,
    failures: Option<Failures>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The client, after trusted proxies.
    pub client: IpAddr,
}

impl Admission {
    /// What a route's keys ask for; nothing when they ask for nothing. One of the generation before is kept where the
    /// keys are the same, so that a reload forgives nobody.
    ///
    /// # Errors
    /// When a secret cannot be read.
    pub fn build(
        config: &AdmissionConfig,
        natives: &Natives,
        before: Option<&Arc<Self>>,
    ) -> Result<Option<Arc<Self>>, SecretError> {
        if config.is_open() {
            return Ok(None);
        }
        if let Some(same) = before.filter(|before| before.config == *config) {
            return Ok(Some(Arc::clone(same)));
        }
        let tokens = config.auth.as_ref().map(|auth| Tokens::new(auth, natives));
        Ok(Some(Arc::new(Self {
            tokens: tokens.transpose()?,
            failures: config.limit.map(Failures::new),
            config: config.clone(),
        })))
    }

    /// Lets a request in, or says why not. Dropping the future gives the question up.
    ///
    /// # Errors
    /// When it is not let in.
    pub async fn admit(&self, request: &mut Request<Body>, visitor: Visitor) -> Result<(), Denied> {
        self.check_pace(visitor.client)?;
        if let Some(tokens) = &self.tokens {
            let head = (request.headers(), request.uri());
            tokens.check(head, visitor).await?;
        }
        Ok(())
    }

    /// Takes note of an answer, whoever gave it, and adds what browsers are to be told.
    pub fn dress<B>(&self, response: &mut Response<B>, visitor: Visitor) {
        if let Some(failures) = &self.failures {
            failures.note(visitor.client, response.status());
        }
        self.dress_headers(response.headers_mut());
    }

    fn dress_headers(&self, headers: &mut HeaderMap) {
        dress::dress(headers, &self.config.security);
    }

    fn check_pace(&self, client: IpAddr) -> Result<(), Denied> {
        let wait = self
            .failures
            .as_ref()
            .and_then(|failures| failures.wait(client));
        wait.map_or(Ok(()), |wait| Err(Denied::TooManyFailures(wait)))
    }
}
