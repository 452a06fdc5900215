//! The request target and the headers that go with it, as the upstream's protocol wants them.

use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderValue, Request, Version, header};
use overgrow_handler::Body;

/// Makes an HTTP/1.1 request of it: origin-form unless the client itself sent the absolute form, with a `Host`.
pub(super) fn for_h1(request: &mut Request<Body>, origin: &Authority) {
    if matches!(request.version(), Version::HTTP_2 | Version::HTTP_3) {
        name_host(request);
        strip_to_origin_form(request);
        join_cookies(request);
    }
    *request.version_mut() = Version::HTTP_11;
    if !request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(origin.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// Makes an HTTP/2 request of it: scheme and authority belong to the target there.
pub(super) fn for_h2(request: &mut Request<Body>, scheme: &Scheme, origin: &Authority) {
    let host = request.headers_mut().remove(header::HOST);
    let asked = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.authority = asked.or(parts.authority).or_else(|| Some(origin.clone()));
    parts.scheme = Some(scheme.clone());
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
    }
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    *request.version_mut() = Version::HTTP_2;
}

/// HTTP/2 names the host in `:authority`, HTTP/1.1 in a header.
fn name_host(request: &mut Request<Body>) {
    let Some(authority) = request.uri().authority() else {
        return;
    };
    if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
        request.headers_mut().insert(header::HOST, host);
    }
}

fn strip_to_origin_form(request: &mut Request<Body>) {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
}

/// HTTP/2 may send cookies one by one; HTTP/1.1 wants a single header (RFC 9113, 8.2.3).
fn join_cookies(request: &mut Request<Body>) {
    let crumbs: Vec<&[u8]> = request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if crumbs.len() > 1
        && let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]))
    {
        request.headers_mut().insert(header::COOKIE, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, uri: &str, headers: &[(&str, &str)]) -> Request<Body> {
        let mut request = Request::builder().version(version).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn origin() -> Authority {
        Authority::from_static("legacy:80")
    }

    #[test]
    fn the_absolute_form_of_an_http1_client_is_kept() {
        let mut request = request(
            Version::HTTP_11,
            "http://other.example/a?b",
            &[("host", "front")],
        );
        for_h1(&mut request, &origin());
        assert_eq!(request.uri(), "http://other.example/a?b");
        assert_eq!(request.headers()["host"], "front");
    }

    #[test]
    fn an_http2_request_gets_a_host_and_one_cookie_header() {
        let mut request = request(
            Version::HTTP_2,
            "https://front:8443/a?b",
            &[("cookie", "a=1"), ("cookie", "b=2")],
        );
        for_h1(&mut request, &origin());
        assert_eq!(request.uri(), "/a?b");
        assert_eq!(request.headers()["host"], "front:8443");
        assert_eq!(
            request
                .headers()
                .get_all("cookie")
                .iter()
                .collect::<Vec<_>>(),
            ["a=1; b=2"]
        );
    }

    #[test]
    fn an_http10_request_without_host_names_the_origin() {
        let mut request = request(Version::HTTP_10, "/", &[]);
        for_h1(&mut request, &origin());
        assert_eq!(request.headers()["host"], "legacy:80");
        assert_eq!(request.version(), Version::HTTP_11);
    }

    #[test]
    fn toward_http2_the_host_becomes_the_authority() {
        let mut request = request(Version::HTTP_11, "/a?b", &[("host", "front:1")]);
        for_h2(&mut request, &Scheme::HTTP, &origin());
        assert_eq!(request.uri(), "http://front:1/a?b");
        assert!(!request.headers().contains_key("host"));
    }
}
