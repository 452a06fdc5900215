//! Outbound HTTP as a chain: what to send, `send`, what to make of the answer.
//!
//! Secrets go in by handle: the host puts them where they belong and the plugin never holds them. The surprise: an
//! answer with an error status is an answer; [`Answer::ok`] makes a [`Failure`] of it, with the far side's Retry-After.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::millis;
use crate::host::http::{self, Body, Credential, Redirects, Response};
use crate::host::media::Blob;
use crate::host::secrets::Secret;
use crate::host::types::{Failure, RetryAdvice};
use crate::{form, headers};

/// A request that is being put together. The secrets and the file it carries are borrowed until it is sent.
#[must_use = "nothing is sent before `send`"]
pub struct Request<'a> {
    inner: http::Request<'a>,
    query: String,
    /// What went wrong while putting it together; `send` gives it back.
    fault: Option<Failure>,
}

/// An answer, whatever its status.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    retry_after: Option<u64>,
    response: Response,
}

/// A GET.
pub fn get<'a>(url: impl Into<String>) -> Request<'a> {
    request("GET", url)
}

/// A POST.
pub fn post<'a>(url: impl Into<String>) -> Request<'a> {
    request("POST", url)
}

/// A PUT.
pub fn put<'a>(url: impl Into<String>) -> Request<'a> {
    request("PUT", url)
}

/// A DELETE.
pub fn delete<'a>(url: impl Into<String>) -> Request<'a> {
    request("DELETE", url)
}

/// Any method, upper case. Redirects within the host are followed unless [`Request::redirects`] says otherwise.
pub fn request<'a>(method: impl Into<String>, url: impl Into<String>) -> Request<'a> {
    Request {
        inner: http::Request {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Body::None,
            credentials: Vec::new(),
            redirects: Redirects::SameHost,
            timeout: None,
            max_response: None,
            idempotency_key: None,
        },
        query: String::new(),
        fault: None,
    }
}

impl<'a> Request<'a> {
    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inner.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a pair to the query.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push('&');
        self.query.push_str(&form::write([(name, value)]));
        self
    }

    /// Sends a value as JSON.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.body("application/json", text),
            Err(error) => {
                self.fault = Some(error.into());
                self
            }
        }
    }

    /// Sends pairs as a form.
    pub fn form<N, V>(self, pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        self.body("application/x-www-form-urlencoded", form::write(pairs))
    }

    /// Sends bytes of that type.
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.inner.body = Body::Bytes(bytes.into());
        self.header("Content-Type", content_type)
    }

    /// Sends a file of the media store, which the host streams.
    pub fn file(mut self, content_type: &str, file: &'a Blob) -> Self {
        self.inner.body = Body::Blob(file);
        self.header("Content-Type", content_type)
    }

    /// `Authorization: Bearer` with a secret.
    pub fn bearer(self, secret: &'a Secret) -> Self {
        self.credential(Credential::Bearer(secret))
    }

    /// `Authorization: Basic` with a secret for password.
    pub fn basic(self, user: impl Into<String>, secret: &'a Secret) -> Self {
        self.credential(Credential::Basic((user.into(), secret)))
    }

    /// A header whose value is a secret.
    pub fn secret_header(self, name: impl Into<String>, secret: &'a Secret) -> Self {
        self.credential(Credential::Header((name.into(), secret)))
    }

    /// Has `marker` in the URL replaced by a secret.
    pub fn secret_in_url(self, marker: impl Into<String>, secret: &'a Secret) -> Self {
        self.credential(Credential::InUrl((marker.into(), secret)))
    }

    /// Has `marker` in the body replaced by a secret.
    pub fn secret_in_body(self, marker: impl Into<String>, secret: &'a Secret) -> Self {
        self.credential(Credential::InBody((marker.into(), secret)))
    }

    fn credential(mut self, credential: Credential<'a>) -> Self {
        self.inner.credentials.push(credential);
        self
    }

    /// Which redirects the host follows.
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.inner.redirects = redirects;
        self
    }

    /// Time for the whole exchange; the deadline of the call holds as well.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.inner.timeout = Some(millis(time));
        self
    }

    /// Largest body of an answer, in bytes.
    pub fn max_response(mut self, bytes: u64) -> Self {
        self.inner.max_response = Some(bytes);
        self
    }

    /// Same key, same effect: lets the host repeat it after a crash.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.inner.idempotency_key = Some(key.into());
        self
    }

    /// Sends it and waits for the head of the answer.
    ///
    /// # Errors
    /// What the host says: not granted, no connection, no time left. A status is no error, see [`Answer::ok`].
    pub fn send(mut self) -> Result<Answer, Failure> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.inner.url = with_query(self.inner.url, &self.query);
        let response = http::send(&self.inner)?;
        let head = response.head();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            retry_after: head.retry_after,
            response,
        })
    }
}

impl Answer {
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        headers::first(&self.headers, name)
    }

    /// All headers, in wire order.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// When another try is welcome, if the far side said.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from_millis)
    }

    /// Whether another try may help, going by status and Retry-After.
    pub fn advice(&self) -> RetryAdvice {
        advice(self.status, self.retry_after)
    }

    /// The answer when its status is below 400.
    ///
    /// # Errors
    /// `http-STATUS` with the beginning of the body, which is for people, and with [`Self::advice`].
    pub fn ok(self) -> Result<Self, Failure> {
        if self.status < 400 {
            return Ok(self);
        }
        let (status, retry) = (self.status, self.advice());
        let body = self.response.read(EXCERPT).ok().flatten();
        let text = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
        let message = format!("answered {status}: {}", text.trim());
        Err(Failure::new(format!("http-{status}"), message, retry))
    }

    /// The body as a value, whatever the status.
    ///
    /// # Errors
    /// `bad-answer` when it is not a `T`, and what the host says.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let (status, retry) = (self.status, self.advice());
        serde_json::from_slice(&self.bytes()?).map_err(|error| {
            Failure::new("bad-answer", format!("answered {status}: {error}"), retry)
        })
    }

    /// The body as a text; bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// What the host says.
    pub fn text(self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }

    /// The body.
    ///
    /// # Errors
    /// What the host says.
    pub fn bytes(self) -> Result<Vec<u8>, Failure> {
        Ok(self.response.body()?)
    }

    /// Streams the body into the media store, past the plugin.
    ///
    /// # Errors
    /// What the host says: too large, not granted.
    pub fn save(self, content_type: Option<&str>, filename: Option<&str>) -> Result<Blob, Failure> {
        Ok(self.response.save(content_type, filename)?)
    }
}

/// Bytes of a body that a failure quotes: enough for a provider's reason, too little to flood a log.
const EXCERPT: u32 = 512;

/// Whether another try may help: only where the far side was busy, limited us or had not got its act together.
pub fn advice(status: u16, retry_after: Option<u64>) -> RetryAdvice {
    match (status, retry_after) {
        (408 | 425 | 429 | 500 | 502..=504, None) => RetryAdvice::Backoff,
        (408 | 425 | 429 | 500 | 502..=504, Some(wait)) => RetryAdvice::After(wait),
        _ => RetryAdvice::Never,
    }
}

/// `query` has an `&` in front of each of its pairs.
fn with_query(url: String, query: &str) -> String {
    let Some(pairs) = query.strip_prefix('&') else {
        return url;
    };
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{pairs}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_to_try_again() {
        assert!(matches!(advice(429, Some(3000)), RetryAdvice::After(3000)));
        assert!(matches!(advice(503, None), RetryAdvice::Backoff));
        for status in [400, 401, 403, 404, 413, 501, 505] {
            assert!(
                matches!(advice(status, Some(1)), RetryAdvice::Never),
                "{status}"
            );
        }
    }

    #[test]
    fn a_query_is_added_to_the_one_there() {
        let sent = |url: &str| {
            let request = get(url).query("q", "a b").query("n", "1");
            with_query(request.inner.url, &request.query)
        };
        assert_eq!(sent("https://h/p"), "https://h/p?q=a+b&n=1");
        assert_eq!(sent("https://h/p?x=y"), "https://h/p?x=y&q=a+b&n=1");
        assert_eq!(with_query("https://h".into(), ""), "https://h");
    }

    #[test]
    fn a_value_that_is_no_json_fails_at_send() {
        let keys = std::collections::HashMap::from([((1, 2), 3)]);
        let failed = post("https://h").json(&keys).send();
        assert_eq!(failed.err().map(|f| f.code), Some("bad-json".into()));
    }
}
