//! One request of a plugin's, from what it wrote to an answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use overgrow_fetch::{FetchError, Limits, Streamed};
use url::Url;

use super::WHOLE;
use super::admit::{self, Admitted, Missing};
use super::answer::{Response, failed};
use super::credential::Where;
use super::draft::{Draft, THROUGH};
use crate::bindings::overgrow::plugin::http::{
    Body, Credential, Error, Redirects, Request, ResponseHead,
};
use crate::grant::Class;
use crate::host::answer::invalid;
use crate::host::{Secret, State};

/// Redirects that are followed, as the contract says.
const HOPS: usize = 5;

/// How long a request may take when the plugin does not say; the call's own deadline holds besides.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request without handles.
pub(crate) struct Plain {
    pub(crate) method: String,
    pub(crate) url: String,
    /// Values as bytes read as Latin-1.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// A request with its handles looked up.
pub(super) struct Parts {
    pub(super) request: Request,
    pub(super) body: Bytes,
    pub(super) secrets: Vec<(Where, Secret)>,
}

impl State {
    /// Looks up the handles of a request; a broken one traps.
    pub(super) fn parts(&mut self, mut request: Request) -> wasmtime::Result<Parts> {
        let body = match std::mem::replace(&mut request.body, Body::None) {
            Body::None => Bytes::new(),
            Body::Bytes(bytes) => bytes.into(),
            Body::Blob(blob) => self.table.get(&blob)?.0.bytes.clone(),
        };
        let mut secrets = Vec::new();
        for credential in std::mem::take(&mut request.credentials) {
            let (place, secret) = match credential {
                Credential::Bearer(secret) => (Where::Bearer, secret),
                Credential::Basic((user, secret)) => (Where::Basic(user), secret),
                Credential::Header((name, secret)) => (Where::Header(name), secret),
                Credential::InUrl((marker, secret)) => (Where::Url(marker), secret),
                Credential::InBody((marker, secret)) => (Where::Body(marker), secret),
            };
            secrets.push((place, self.table.get(&secret)?.clone()));
        }
        Ok(Parts {
            request,
            body,
            secrets,
        })
    }

    /// Sends a request for a component that knows no handles: the same road, the same grant, and the body whole.
    pub(crate) async fn send_whole(
        &mut self,
        plain: Plain,
    ) -> Result<(ResponseHead, Bytes), Error> {
        let request = Request {
            method: plain.method,
            url: plain.url,
            headers: plain.headers,
            body: Body::None,
            credentials: Vec::new(),
            redirects: Redirects::Manual,
            timeout: None,
            max_response: None,
            idempotency_key: None,
        };
        let parts = Parts {
            request,
            body: plain.body,
            secrets: Vec::new(),
        };
        let mut response = self.send_parts(parts).await?;
        let body = response.rest(WHOLE).await?;
        Ok((response.head, body))
    }

    pub(super) async fn send_parts(&mut self, parts: Parts) -> Result<Response, Error> {
        let Parts {
            request,
            body,
            secrets,
        } = parts;
        let mut draft = Draft::new(&request.method, &request.url, &request.headers, body)?;
        self.admit(&draft)?;
        for (place, secret) in &secrets {
            self.admit_secret(secret, &draft.url)?;
            draft.put(place, secret)?;
        }
        let Admitted { class, .. } = self.admit(&draft)?;
        draft.headers.insert(THROUGH, self.through()?);
        // A plan must not use up what the plugin needs to act.
        if class == Class::Read || !self.ask.effects.is_planning() {
            self.pass_rate()?;
        }
        let limits = self.limits(&request);
        if class == Class::Read {
            return self.follow(draft, request.redirects, limits).await;
        }
        let key = request.idempotency_key.as_deref();
        let (who, effects) = (Arc::clone(&self.who), self.ask.effects.clone());
        who.is_first(key).await?;
        let (effect, planned) = (self.http_effect(&draft), self.planned_answer(&draft));
        let perform = || async {
            let response = self.follow(draft, request.redirects, limits).await?;
            who.mark_used(key, &response).await;
            Ok(response)
        };
        effects.run(effect, planned, perform).await
    }

    async fn follow(
        &mut self,
        mut draft: Draft,
        redirects: Redirects,
        limits: Limits,
    ) -> Result<Response, Error> {
        for _ in 0..=HOPS {
            let answer = self.exchange(&draft, limits).await?;
            match self.next(&draft, redirects, &answer) {
                Some(next) => draft = next,
                None => return Ok(Response::far(answer, &self.mask)),
            }
        }
        let text = format!("more than {HOPS} redirects");
        Err(Error::Other(("redirects".to_owned(), text)))
    }

    /// The request that a redirect asks for, when it is to be followed; else the redirect is the plugin's answer.
    fn next(&self, draft: &Draft, redirects: Redirects, answer: &Streamed) -> Option<Draft> {
        if redirects == Redirects::Manual {
            return None;
        }
        let next = draft.redirected(answer.status, &answer.headers)?;
        if redirects == Redirects::SameHost && !draft.is_beside(&next) {
            return None;
        }
        let grants = &self.who.grant.http;
        let admitted = admit::admit(grants, &next.method, &next.url).ok()?;
        let planning = self.ask.effects.is_planning();
        (!planning || admitted.class == Class::Read).then_some(next)
    }

    async fn exchange(&mut self, draft: &Draft, limits: Limits) -> Result<Streamed, Error> {
        let Admitted { network, .. } = self.admit(draft)?;
        let request = draft.request()?;
        let fetchers = self.who.hands.fetchers.clone();
        let sent = fetchers.of(network).send(request, limits).await;
        sent.map_err(|error| self.refused(error, &draft.shown_url))
    }

    fn admit(&self, draft: &Draft) -> Result<Admitted, Error> {
        let grants = &self.who.grant.http;
        admit::admit(grants, &draft.method, &draft.url)
            .map_err(|Missing(words)| self.who.denied("http", &words))
    }

    fn admit_secret(&self, secret: &Secret, url: &Url) -> Result<(), Error> {
        if admit::names(&secret.hosts, url) {
            return Ok(());
        }
        let (name, host) = (&secret.name, admit::authority(url));
        let missing = format!("secrets = [{{ name = {name:?}, hosts = [{host:?}] }}]");
        Err(self.who.denied("secrets", &missing))
    }

    /// Where the address was refused, the grant that would have let it through.
    fn refused(&self, error: FetchError, url: &Url) -> Error {
        match error {
            FetchError::Hostname(_)
            | FetchError::Address { .. }
            | FetchError::Resolved { .. }
            | FetchError::Peer(_) => self.who.denied("http", &admit::in_private(url)),
            other => failed(other),
        }
    }

    /// The plugins that this call came through, and this one.
    fn through(&self) -> Result<HeaderValue, Error> {
        let own = &self.who.name;
        if self.through.iter().any(|name| name == own) {
            let text = "the plugin was called by a request of its own".to_owned();
            return Err(Error::Other(("recursive".to_owned(), text)));
        }
        let names = [self.through.as_slice(), std::slice::from_ref(own)].concat();
        let value = HeaderValue::try_from(names.join(", "));
        value.map_err(|_| invalid("the plugin's name cannot stand in a header"))
    }

    fn pass_rate(&self) -> Result<(), Error> {
        let passed = self.who.paces.http.pass();
        passed.map_err(|wait| {
            let millis = wait.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
            Error::RateLimited(millis)
        })
    }

    fn limits(&self, request: &Request) -> Limits {
        let files = self.who.grant.media.as_ref();
        let most = WHOLE.max(files.map_or(0, |media| media.max_bytes));
        let bytes = request.max_response.unwrap_or(most).min(most);
        let time = request.timeout.map_or(PATIENCE, Duration::from_millis);
        Limits {
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
            time: time.min(self.left()),
            redirects: 0,
        }
    }
}
