//! A request on its way: what the plugin wrote, and what goes out in its place.
//!
//! It knows secrets and no grants of hosts. The surprise is that both forms are kept: plans, logs and rules see the URL and
//! the body with markers, and only the connection sees the secrets.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use url::Url;

use crate::bindings::overgrow::plugin::http::Error;
use crate::host::answer::invalid;

/// Names the plugins that a request went through, so that none calls itself in circles.
pub(super) const THROUGH: HeaderName = HeaderName::from_static("x-overgrow-plugin-depth");

/// Headers of one request: more is no request of anybody's.
const HEADERS: usize = 100;

/// A request on its way.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) method: Method,
    /// As it goes out.
    pub(super) url: Url,
    /// As the plugin wrote it.
    pub(super) shown_url: Url,
    pub(super) headers: HeaderMap,
    /// As it goes out.
    pub(super) body: Bytes,
    /// As the plugin wrote it.
    pub(super) shown_body: Bytes,
    /// Names of secrets and how each goes along.
    pub(super) credentials: Vec<String>,
    /// Headers that must not reach another host.
    pub(super) private: Vec<HeaderName>,
}

impl Draft {
    pub(super) fn new(
        method: &str,
        url: &str,
        headers: &[(String, String)],
        body: Bytes,
    ) -> Result<Self, Error> {
        let url = read(url)?;
        Ok(Self {
            method: Method::from_bytes(method.as_bytes())
                .map_err(|_| invalid("that is no HTTP method"))?,
            shown_url: url.clone(),
            url,
            headers: headers_of(headers)?,
            shown_body: body.clone(),
            body,
            credentials: Vec::new(),
            private: vec![
                header::AUTHORIZATION,
                header::COOKIE,
                header::PROXY_AUTHORIZATION,
            ],
        })
    }

    /// The request as it goes out.
    pub(super) fn request(&self) -> Result<http::Request<Bytes>, Error> {
        let mut request = http::Request::new(self.body.clone());
        let uri = self.url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| invalid("the URL cannot be asked for"))?;
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    /// Where a redirect leads, as another draft: what is private stays behind when it is another origin. `None` when it
    /// leads nowhere, or would carry a secret in its body elsewhere.
    pub(super) fn redirected(&self, status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let mut places = headers.get_all(header::LOCATION).iter();
        let place = std::str::from_utf8(places.next()?.as_bytes()).ok()?;
        if places.next().is_some() {
            return None;
        }
        let url = checked(self.url.join(place).ok()?).ok()?;
        if self.url.scheme() == "https" && url.scheme() != "https" {
            return None;
        }
        let mut next = Self {
            shown_url: url.clone(),
            url,
            ..self.clone()
        };
        if turns_to_get(status, &self.method) {
            next.become_get();
        }
        if !self.is_beside(&next) {
            if next.body != next.shown_body {
                return None;
            }
            next.leave();
        }
        Some(next)
    }

    /// Whether both go to one origin.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }

    fn become_get(&mut self) {
        self.method = Method::GET;
        self.body = Bytes::new();
        self.shown_body = Bytes::new();
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            self.headers.remove(name);
        }
    }

    fn leave(&mut self) {
        for name in &self.private {
            self.headers.remove(name);
        }
        self.credentials.clear();
    }
}

/// The plugins that a request says it went through.
pub(crate) fn plugins_in(headers: &[(String, String)]) -> Vec<String> {
    let named = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(THROUGH.as_str()));
    let names = named.flat_map(|(_, value)| value.split(','));
    names.map(|name| name.trim().to_owned()).collect()
}

/// As browsers do: 303 asks for something else, and after 301 and 302 everybody has always sent a GET for a POST.
fn turns_to_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => !matches!(*method, Method::GET | Method::HEAD),
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

/// Reads a URL as browsers do. No error shows it: a secret may stand in it.
pub(super) fn read(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| invalid(format!("the URL is none: {error}")))?;
    checked(url)
}

fn checked(mut url: Url) -> Result<Url, Error> {
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid("a URL is http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("a URL has no user name; use a credential"));
    }
    url.set_fragment(None);
    Ok(url)
}

fn headers_of(pairs: &[(String, String)]) -> Result<HeaderMap, Error> {
    if pairs.len() > HEADERS {
        return Err(invalid(format!("more than {HEADERS} headers")));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(header_name(name)?, header_value(value)?);
    }
    headers.remove(THROUGH);
    Ok(headers)
}

pub(super) fn header_name(name: &str) -> Result<HeaderName, Error> {
    name.parse()
        .map_err(|_| invalid("that is no name of a header"))
}

/// Each letter is a byte; whatever would end the line is refused.
fn header_value(value: &str) -> Result<HeaderValue, Error> {
    let bytes: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
    let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
    value.ok_or_else(|| invalid("that is no value of a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(url: &str, headers: &[(&str, &str)]) -> Result<Draft, Error> {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers: Vec<_> = headers.iter().map(pair).collect();
        Draft::new("POST", url, &headers, Bytes::from_static(b"body"))
    }

    fn follow(draft: &Draft, status: u16, place: &'static str) -> Option<Draft> {
        let location = HeaderValue::from_static(place);
        let headers = [(header::LOCATION, location)].into_iter().collect();
        draft.redirected(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn nothing_breaks_out_of_a_header() {
        for (name, value) in [
            ("x", "a\r\nx-evil: 1"),
            ("x", "a\nb"),
            ("x", "a\0b"),
            ("x\r\ny", "a"),
            ("x: y", "a"),
            ("", "a"),
            ("x", "€"),
        ] {
            let refused = draft("https://a.example/", &[(name, value)]);
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{name:?} {value:?}"
            );
        }
        let draft = draft(
            "https://a.example/",
            &[("x", "é"), ("X-Overgrow-Plugin-Depth", "")],
        );
        let headers = draft.unwrap().headers;
        assert_eq!((headers.len(), headers["x"].as_bytes()), (1, &b"\xe9"[..]));
    }

    #[test]
    fn a_url_is_of_the_web_and_names_no_user() {
        for url in [
            "ftp://a/",
            "file:///etc/passwd",
            "https://u:s3cret@a/",
            "https://u@a/",
            "//a",
            "a",
        ] {
            let Err(Error::Invalid(text)) = draft(url, &[]) else {
                panic!("{url}")
            };
            assert!(!text.contains("s3cret"));
        }
    }

    #[test]
    fn what_is_private_stays_with_its_origin() {
        let pairs = [
            ("authorization", "x"),
            ("cookie", "x"),
            ("x-key", "x"),
            ("accept", "x"),
        ];
        let mut draft = draft("https://a.example/1", &pairs).unwrap();
        draft.private.push(HeaderName::from_static("x-key"));
        let same = follow(&draft, 307, "/2").unwrap();
        assert_eq!((same.headers.len(), &same.body[..]), (4, &b"body"[..]));
        for place in [
            "https://b.example/",
            "https://a.example:444/",
            "//b.example",
        ] {
            let other = follow(&draft, 302, place).unwrap();
            assert_eq!(
                other.headers.keys().collect::<Vec<_>>(),
                ["accept"],
                "{place}"
            );
            assert_eq!((other.method.as_str(), other.body.len()), ("GET", 0));
        }
        draft.body = Bytes::from_static(b"s3cret");
        assert!(follow(&draft, 307, "https://b.example/").is_none());
        assert!(follow(&draft, 307, "http://a.example/").is_none());
        assert!(follow(&draft, 307, "https://u@a.example/").is_none());
        assert!(follow(&draft, 200, "/").is_none());
    }
}
