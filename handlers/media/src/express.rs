//! Answers as Express writes them: which headers, in which order, and its pages.
//!
//! Pure; it must not know media. The surprise: the page for an undecodable path is the one of Express in production. The legacy
//! runs it in development, where the page carries a stack trace with the server's paths; we do not.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use overgrow_handler::Body;
use sha1::{Digest, Sha1};

const POWERED_BY: HeaderName = HeaderName::from_static("x-powered-by");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Bytes with the headers that Express makes of them.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: HeaderValue,
    pub(crate) etag: HeaderValue,
}

impl Entity {
    /// Hashes the bytes: to be made off the threads that serve connections when they are many.
    pub(crate) fn new(bytes: Bytes, content_type: &str) -> Self {
        let fallback = HeaderValue::from_static("application/octet-stream");
        let content_type = HeaderValue::try_from(with_charset(content_type)).unwrap_or(fallback);
        Self {
            etag: etag(&bytes),
            content_type,
            bytes,
        }
    }

    /// Whether a client says that it has these bytes already.
    pub(crate) fn is_known_to(&self, headers: &HeaderMap) -> bool {
        !insists(headers) && list(headers, IF_NONE_MATCH).is_some_and(|known| self.is_in(&known))
    }

    /// The answer with the bytes, or with their head only.
    pub(crate) fn answer(self, status: StatusCode, method: &Method) -> Response<Body> {
        let mut response = begin(status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type);
        headers.insert(CONTENT_LENGTH, self.bytes.len().into());
        headers.insert(ETAG, self.etag);
        with_body(response, method, self.bytes)
    }

    /// The answer that says: you have it.
    pub(crate) fn unchanged(self) -> Response<Body> {
        let mut response = begin(StatusCode::NOT_MODIFIED);
        response.headers_mut().insert(ETAG, self.etag);
        response
    }

    /// Weak tags and strong ones are the same to Express.
    fn is_in(&self, known: &[u8]) -> bool {
        let etag = self.etag.as_bytes();
        let strong = etag.strip_prefix(b"W/").unwrap_or(etag);
        known == b"*"
            || known
                .split(|byte| *byte == b',')
                .map(trim_spaces)
                .any(|tag| tag == etag || tag == strong)
    }
}

/// A short text of Express's `res.send`, which is HTML to it.
pub(crate) fn text(status: StatusCode, method: &Method, text: &'static str) -> Response<Body> {
    Entity::new(Bytes::from_static(text.as_bytes()), "text/html").answer(status, method)
}

/// The page for a path that no route matches.
pub(crate) fn nothing_here(method: &Method, path: &str) -> Response<Body> {
    let message = escape_html(&format!("Cannot {method} {}", encode_url(path)));
    page(StatusCode::NOT_FOUND, method, &message)
}

/// The page for a path that cannot be decoded.
pub(crate) fn undecodable(method: &Method) -> Response<Body> {
    page(StatusCode::BAD_REQUEST, method, "Bad Request")
}

/// The automatic answer to `OPTIONS` on a path with a `GET` route.
pub(crate) fn options() -> Response<Body> {
    let allowed = "GET, HEAD";
    let mut response = begin(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allowed));
    headers.insert(CONTENT_LENGTH, allowed.len().into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    with_body(
        response,
        &Method::OPTIONS,
        Bytes::from_static(allowed.as_bytes()),
    )
}

fn page(status: StatusCode, method: &Method, message: &str) -> Response<Body> {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n\
         <body>\n<pre>{message}</pre>\n</body>\n</html>\n"
    );
    let mut response = begin(status);
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static("default-src 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(CONTENT_LENGTH, html.len().into());
    with_body(response, method, html.into())
}

fn begin(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let express = HeaderValue::from_static("Express");
    response.headers_mut().insert(POWERED_BY, express);
    response
}

fn with_body(response: Response<Body>, method: &Method, bytes: Bytes) -> Response<Body> {
    match *method {
        Method::HEAD => response,
        _ => response.map(|_| bytes.into()),
    }
}

/// Text and JSON name their character set when they do not yet.
fn with_charset(content_type: &str) -> String {
    let bare = content_type.split(';').next().unwrap_or("").trim();
    let is_text = bare.starts_with("text/") || bare == "application/json";
    if is_text && !content_type.contains("charset") {
        format!("{content_type}; charset=utf-8")
    } else {
        content_type.to_owned()
    }
}

/// `W/"<length in hexadecimal>-<27 characters of the SHA-1 in base64>"`.
fn etag(bytes: &[u8]) -> HeaderValue {
    let hash = BASE64_STANDARD_NO_PAD.encode(Sha1::digest(bytes));
    let etag = format!("W/\"{:x}-{hash}\"", bytes.len());
    HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("W/\"0-\""))
}

/// Whether a client reloads whatever it has.
fn insists(headers: &HeaderMap) -> bool {
    list(headers, CACHE_CONTROL).is_some_and(|said| {
        said.split(|byte| *byte == b',')
            .any(|word| word.trim_ascii() == b"no-cache")
    })
}

/// All values of a header as one list, as Node joins them; `None` for an empty one.
fn list(headers: &HeaderMap, name: HeaderName) -> Option<Vec<u8>> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let joined = values.join(&b", "[..]);
    (!joined.is_empty()).then_some(joined)
}

fn trim_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// Encodes what a URL cannot hold, and each `%` that begins nothing.
fn encode_url(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for (at, letter) in path.char_indices() {
        match letter == '%' && begins_escape(&path[at..]) || stays(letter) {
            true => encoded.push(letter),
            false => push_encoded(&mut encoded, letter),
        }
    }
    encoded
}

fn begins_escape(text: &str) -> bool {
    let digits = text.as_bytes().get(1..3);
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn stays(letter: char) -> bool {
    matches!(letter, '!' | '#'..='$' | '&'..=';' | '=' | '?'..='_' | 'a'..='z' | '|' | '~')
}

fn push_encoded(encoded: &mut String, letter: char) {
    let mut buffer = [0; 4];
    for byte in letter.encode_utf8(&mut buffer).bytes() {
        encoded.push_str(&format!("%{byte:02X}"));
    }
}

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Entity {
        Entity::new(Bytes::from_static(b"hello\n"), "text/plain")
    }

    fn asked(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn an_entity_is_tagged_and_typed_as_recorded() {
        let hello = hello();
        assert_eq!(hello.etag, "W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\"");
        assert_eq!(hello.content_type, "text/plain; charset=utf-8");
        let empty = Entity::new(Bytes::new(), "application/json");
        assert_eq!(empty.etag, "W/\"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk\"");
        assert_eq!(empty.content_type, "application/json; charset=utf-8");
        let opus = "audio/ogg; codecs=opus";
        assert_eq!(Entity::new(Bytes::new(), opus).content_type, opus);
    }

    #[test]
    fn a_client_says_what_it_has_in_many_ways() {
        let known = |values: &[&'static str]| hello().is_known_to(&asked(IF_NONE_MATCH, values));
        assert!(known(&["W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\""]));
        assert!(known(&["\"x\" ,  \"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\""]));
        assert!(known(&["\"x\"", "W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\""]));
        assert!(known(&["*"]));
        assert!(!known(&["*, \"x\""]));
        assert!(!known(&[""]));
        assert!(!known(&[]));
    }

    #[test]
    fn a_reload_gets_the_bytes() {
        let mut headers = asked(IF_NONE_MATCH, &["*"]);
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static("max-age=0, no-cache"),
        );
        assert!(!hello().is_known_to(&headers));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cacheable"));
        assert!(hello().is_known_to(&headers));
    }

    // Taken from the legacy's pages.
    #[test]
    fn paths_are_shown_encoded() {
        for (path, expect) in [
            ("/media/a\\b^`{|}[]", "/media/a\\b^%60%7B|%7D[]"),
            ("/%zz/%", "/%25zz/%25"),
            ("/%%41", "/%25%41"),
            ("/%4[/%[", "/%254[/%25["),
            ("/ü%41", "/%C3%BC%41"),
        ] {
            assert_eq!(encode_url(path), expect);
        }
        assert_eq!(
            escape_html("<a href='x'>&\""),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
    }
}
