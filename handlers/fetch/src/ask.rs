//! What is asked of one origin, and in which words.
//!
//! It knows neither connections nor answers. The surprise: a caller's headers that would contradict the connection are
//! left out without a word, because a plugin's author cannot know which those are.

use bytes::Bytes;
use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::FetchError;
use crate::target::Target;

/// One request to one origin.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) target: Target,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// How we name ourselves when nobody names us otherwise.
const AGENT: &str = concat!("overgrow/", env!("CARGO_PKG_VERSION"));

/// Headers that are between us and the origin; a caller's would contradict the connection.
const OURS: [HeaderName; 13] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("http2-settings"),
];

impl Ask {
    /// The first request, with a caller's headers but for those that are not a caller's to set.
    pub(crate) fn new(
        target: Target,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, FetchError> {
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(FetchError::Method(method));
        }
        Ok(Self {
            target,
            method,
            headers: without(headers, &OURS),
            body,
        })
    }

    /// All headers as they are sent, for a connection that serves this request only.
    pub(crate) fn sent(&self) -> Result<HeaderMap, FetchError> {
        let mut sent = self.headers.clone();
        sent.entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(AGENT));
        sent.entry(header::ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        let host = HeaderValue::try_from(self.target.authority()).map_err(http::Error::from)?;
        sent.insert(header::HOST, host);
        // A compressed body is as large as its sender likes once it is unpacked.
        sent.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        sent.insert(header::CONNECTION, HeaderValue::from_static("close"));
        Ok(sent)
    }
}

/// What is left when these are taken out, and those that `Connection` names.
pub(crate) fn without(mut headers: HeaderMap, unwanted: &[HeaderName]) -> HeaderMap {
    let named: Vec<_> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    for name in unwanted.iter().chain(&named) {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    fn ask(method: Method, headers: HeaderMap) -> Result<Ask, FetchError> {
        let target = Target::parse("http://a.example:80/x", &Policy::public())?;
        Ask::new(target, method, headers, Bytes::new())
    }

    #[test]
    fn what_is_between_us_and_the_origin_is_not_the_callers() {
        let mut all: HeaderMap = OURS
            .into_iter()
            .map(|name| (name, HeaderValue::from_static("x-hop")))
            .collect();
        all.insert("x-hop", HeaderValue::from_static("1"));
        all.insert("x-end", HeaderValue::from_static("1"));
        let ask = ask(Method::GET, all).unwrap();
        assert_eq!(ask.headers.keys().collect::<Vec<_>>(), ["x-end"]);
        let sent = ask.sent().unwrap();
        assert_eq!(sent[header::HOST], "a.example");
        assert_eq!(sent[header::ACCEPT_ENCODING], "identity");
        assert_eq!(sent[header::CONNECTION], "close");
        assert_eq!(sent[header::USER_AGENT], AGENT);
    }

    #[test]
    fn tunnels_and_mirrors_are_not_asked_for() {
        for method in [Method::CONNECT, Method::TRACE] {
            let error = ask(method, HeaderMap::new()).unwrap_err();
            assert!(matches!(error, FetchError::Method(_)));
        }
    }
}
