//! Asks of a head of HTTP/2 what the other rooms ask of one of HTTP/1, since both may go on as HTTP/1.
//!
//! It must not know frames or sockets; the engine has parsed the head and keeps its body to the length it announces. The
//! one surprise: `:authority` counts as the host header, and one that stands beside it has to say the same.

use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};

use super::alphabet::method_run;
use super::facts::{Facts, Version};
use super::head::Limits;
use super::refusal::{Refusal, STAND_IN_METHOD};

/// The request as it is, or the stand-in of why it is refused. A stand-in keeps the body, which nobody will read.
pub fn vet<B>(mut request: Request<B>) -> Request<B> {
    if let Err(refusal) = judge(&request) {
        *request.method_mut() = Method::from_bytes(STAND_IN_METHOD.as_bytes()).unwrap_or_default();
        *request.uri_mut() = Uri::try_from(refusal.target()).unwrap_or_default();
        request.headers_mut().clear();
    }
    request
}

fn judge<B>(request: &Request<B>) -> Result<(), Refusal> {
    check_size(request)?;
    check_method(request.method())?;
    check_target(request)?;
    check_headers(request.uri(), request.headers())
}

/// A client must not choose its limits with its protocol.
fn check_size<B>(request: &Request<B>) -> Result<(), Refusal> {
    let limits = Limits::default();
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |it| it.as_str().len());
    if request.headers().len() > limits.headers {
        return Err(Refusal::TooManyHeaders);
    }
    let short = target <= limits.request_line;
    short.then_some(()).ok_or(Refusal::RequestLineTooLong)
}

fn check_method(method: &Method) -> Result<(), Refusal> {
    match method.as_str() {
        "CONNECT" => Err(Refusal::Connect),
        STAND_IN_METHOD => Err(Refusal::ReservedMethod),
        name if method_run(name.as_bytes()) < name.len() => Err(Refusal::Method),
        _ => Ok(()),
    }
}

/// A path, or `*` for OPTIONS. Anything else would become the name of a host in the request line of HTTP/1.
fn check_target<B>(request: &Request<B>) -> Result<(), Refusal> {
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let good = target.starts_with('/') || (target == "*" && request.method() == Method::OPTIONS);
    good.then_some(()).ok_or(Refusal::Target)
}

fn check_headers(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let mut facts = Facts::default();
    for (name, value) in headers {
        facts.note(name.as_str().as_bytes(), value.as_bytes())?;
    }
    let authority = uri.authority().map(|authority| authority.as_str());
    match (authority, headers.get(header::HOST)) {
        (Some(authority), Some(host)) => check_same(authority, host)?,
        (Some(authority), None) => facts.note(b"host", authority.as_bytes())?,
        (None, _) => {}
    }
    facts.conclude(Version::Http11).map(drop)
}

/// Two names for the host are two readings: one rule matches the first, the service behind takes the second.
fn check_same(authority: &str, host: &HeaderValue) -> Result<(), Refusal> {
    let same = host.as_bytes().eq_ignore_ascii_case(authority.as_bytes());
    same.then_some(()).ok_or(Refusal::HostMismatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, uri: &str, headers: &[(&str, &str)], expect: Option<Refusal>) {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let vetted = vet(request.body(()).unwrap());
        assert_eq!(Refusal::of(&vetted), expect, "{method} {uri} {headers:?}");
    }

    #[test]
    fn what_is_good_in_http1_passes() {
        check("GET", "http://front:80/a?b", &[], None);
        check("GET", "http://front/a", &[("host", "FRONT")], None);
        check("GET", "/a", &[("host", "front")], None);
        check("POST", "http://front/", &[("content-length", "5")], None);
        check("OPTIONS", "*", &[("host", "front")], None);
    }

    #[test]
    fn http2_is_held_to_the_limits_of_http1() {
        let long = format!("http://front/{}", "a".repeat(17_000));
        check("GET", &long, &[], Some(Refusal::RequestLineTooLong));
        let names: Vec<String> = (0..101).map(|number| format!("x-{number}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        check("GET", "http://front/", &many[1..], None);
        check("GET", "http://front/", &many, Some(Refusal::TooManyHeaders));
    }

    #[test]
    fn two_names_for_the_host_are_refused() {
        let twice = [("host", "a"), ("host", "a")];
        let front = "http://front/";
        check(
            "GET",
            front,
            &[("host", "other")],
            Some(Refusal::HostMismatch),
        );
        check(
            "GET",
            front,
            &[("host", "front:1")],
            Some(Refusal::HostMismatch),
        );
        check("GET", front, &twice, Some(Refusal::TwoHosts));
        check("GET", "/", &twice, Some(Refusal::TwoHosts));
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        check("GET", "/", &[], Some(Refusal::NoHost));
        check("GET", "/", &[("host", "a/b")], Some(Refusal::Host));
        check("GET", "http://user@front/", &[], Some(Refusal::Host));
    }

    #[test]
    fn a_length_is_given_once() {
        let twice = [("content-length", "5"), ("content-length", "5")];
        check(
            "POST",
            "http://front/",
            &twice,
            Some(Refusal::TwoContentLengths),
        );
        check(
            "POST",
            "http://front/",
            &[("content-length", "9999999999999999999")],
            Some(Refusal::ContentLength),
        );
    }

    #[test]
    fn what_is_no_request_for_this_server_is_refused() {
        let host = [("host", "front")];
        check("CONNECT", "front:443", &[], Some(Refusal::Connect));
        check(
            STAND_IN_METHOD,
            "/bare-lf",
            &host,
            Some(Refusal::ReservedMethod),
        );
        check("get", "/", &host, Some(Refusal::Method));
        check("GET", "*", &host, Some(Refusal::Target));
    }
}
