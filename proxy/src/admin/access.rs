//! Who may use the admin listener.
//!
//! With a token: whoever shows it, or a session that began with it. Without one: whoever addresses the listener by its
//! own name. A page in a browser can reach loopback too, by another site's form or by a name that resolves there, and
//! neither may read or change anything.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::problem;
use super::session::{Channel, Sessions};
use crate::dashboard;

/// Tries to log in per second, of all callers together: nobody types faster, and no guessing gets far.
const TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

/// The rules of one admin listener.
pub struct Access {
    token: Option<Zeroizing<String>>,
    sessions: Sessions,
    tries: DefaultDirectRateLimiter,
}

/// What became of a try to log in.
pub(super) enum Entry {
    /// There is no token, so nobody has to.
    Open,
    /// The text of the session's cookie.
    Begun(String),
    Wrong,
    TooMany,
    NoRandomness,
}

impl Access {
    /// With a token, every endpoint but health and readiness asks for it. The page itself does not.
    pub fn new(token: Option<Zeroizing<String>>) -> Self {
        Self {
            token,
            sessions: Sessions::default(),
            tries: RateLimiter::direct(Quota::per_second(TRIES)),
        }
    }

    pub(super) fn asks_for_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether a request would be answered with data, as far as token and session go.
    pub(super) fn lets_in(&self, headers: &HeaderMap) -> bool {
        let token = self.token.as_ref();
        token.is_none_or(|token| shows(token, headers) || self.sessions.knows(headers))
    }

    /// The try is counted before the token is looked at: a guess that comes too fast learns nothing, not even that it
    /// was right.
    pub(super) fn log_in(&self, shown: &str, channel: Channel) -> Entry {
        let Some(token) = &self.token else {
            return Entry::Open;
        };
        if self.tries.check().is_err() {
            return Entry::TooMany;
        }
        if !bool::from(shown.as_bytes().ct_eq(token.as_bytes())) {
            return Entry::Wrong;
        }
        self.sessions
            .begin(channel)
            .map_or(Entry::NoRandomness, Entry::Begun)
    }

    /// Gives the text that makes the browser forget its session.
    pub(super) fn log_out(&self, headers: &HeaderMap) -> String {
        self.sessions.end(headers)
    }
}

/// Why a request is not let through.
type Refused = (StatusCode, &'static str);

/// Lets a request through or answers why not.
pub(super) async fn check(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = Asked::of(&request);
    let judged = access.judge(&asked, request.method(), request.headers());
    let mut response = match judged {
        Err((status, detail)) => problem::of(status, detail),
        Ok(()) => next.run(request).await,
    };
    if !matches!(asked, Asked::Page) {
        keep_to_itself(response.headers_mut());
    }
    response
}

/// Data is kept by no cache, and taken for nothing but what it says it is.
fn keep_to_itself(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

/// What a request is for, as far as the rules differ.
enum Asked {
    /// Whether the sidecar is alive and ready.
    Probe,
    /// The page's files, which hold no data and ask for the token themselves.
    Page,
    /// To be let in, or to be let in no longer.
    Entry,
    /// Everything else.
    Data,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let is_page =
            path.starts_with("/assets/") || path == "/" && dashboard::is_wanted(request.headers());
        match path {
            "/healthz" | "/readyz" => Self::Probe,
            "/api/login" | "/api/logout" | "/api/session" => Self::Entry,
            _ if is_page && request.method().is_safe() => Self::Page,
            _ => Self::Data,
        }
    }
}

impl Access {
    fn judge(&self, asked: &Asked, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        match asked {
            Asked::Probe => Ok(()),
            Asked::Page => self.judge_place(headers),
            Asked::Entry => self
                .judge_place(headers)
                .and_then(|()| judge_origin(method, headers)),
            Asked::Data => {
                self.judge_caller(headers)?;
                self.judge_place(headers)?;
                judge_origin(method, headers)
            }
        }
    }

    /// Without a token, only who addresses this machine by its own name is answered.
    fn judge_place(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if self.token.is_some() || is_addressed_here(headers) {
            return Ok(());
        }
        Err((
            StatusCode::FORBIDDEN,
            "the Host header names another machine; use a loopback address",
        ))
    }

    /// A browser adds a cookie by itself, so a session counts only for what our own page asks: another port of this
    /// machine is the same site to a browser.
    fn judge_caller(&self, headers: &HeaderMap) -> Result<(), Refused> {
        match &self.token {
            None => Ok(()),
            Some(token) if shows(token, headers) => Ok(()),
            Some(_) if !is_cross_site(headers) && self.sessions.knows(headers) => Ok(()),
            Some(_) => Err((
                StatusCode::UNAUTHORIZED,
                "send Authorization: Bearer with the admin token",
            )),
        }
    }
}

fn judge_origin(method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
    if method.is_safe() || !is_cross_site(headers) {
        return Ok(());
    }
    Err((
        StatusCode::FORBIDDEN,
        "writes from another site are refused",
    ))
}

/// Compares in constant time, on bytes of equal length only: the length is no secret.
fn shows(token: &str, headers: &HeaderMap) -> bool {
    let sent = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    let bearer = sent
        .and_then(|value| value.split_at_checked(7))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
    bearer.is_some_and(|(_, sent)| sent.trim_ascii().ct_eq(token.as_bytes()).into())
}

/// `localhost` or an address: a name that somebody else's DNS may point here is refused.
fn is_addressed_here(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else {
        return true;
    };
    let Ok(authority) = axum::http::uri::Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let name = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

/// A browser says where a request comes from; other clients say nothing.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return true;
    }
    let Some(origin) = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
    else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    origin
        .split_once("://")
        .is_none_or(|(_, authority)| authority != host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(token: Option<&str>, method: Method, headers: &[(&'static str, &str)]) -> Option<u16> {
        let headers = headers.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                value.parse().unwrap(),
            )
        });
        let access = Access::new(token.map(|token| Zeroizing::new(token.to_owned())));
        access
            .judge(&Asked::Data, &method, &headers.collect())
            .err()
            .map(|(status, _)| status.as_u16())
    }

    #[test]
    fn loopback_by_address_or_localhost_needs_no_token() {
        for host in ["127.0.0.1:9901", "localhost:9901", "[::1]:9901"] {
            assert_eq!(judge(None, Method::GET, &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn a_rebound_name_is_refused() {
        assert_eq!(
            judge(None, Method::GET, &[("host", "attacker.example:9901")]),
            Some(403)
        );
    }

    #[test]
    fn writes_of_another_site_are_refused() {
        let host = ("host", "127.0.0.1:9901");
        assert_eq!(
            judge(
                None,
                Method::PATCH,
                &[host, ("sec-fetch-site", "cross-site")]
            ),
            Some(403)
        );
        assert_eq!(
            judge(
                None,
                Method::PATCH,
                &[host, ("origin", "http://attacker.example")]
            ),
            Some(403)
        );
        assert_eq!(
            judge(None, Method::PATCH, &[host, ("origin", "null")]),
            Some(403)
        );
        assert_eq!(
            judge(
                None,
                Method::PATCH,
                &[host, ("origin", "http://127.0.0.1:9901")]
            ),
            None
        );
        assert_eq!(judge(None, Method::PATCH, &[host]), None);
    }

    #[test]
    fn a_token_is_asked_for_when_there_is_one() {
        let with = |value: &str| {
            judge(
                Some("s3cret"),
                Method::GET,
                &[("host", "anything"), ("authorization", value)],
            )
        };
        assert_eq!(with("Bearer s3cret"), None);
        assert_eq!(with("bearer  s3cret "), None);
        assert_eq!(with("Bearer s3cre"), Some(401));
        assert_eq!(with("Basic s3cret"), Some(401));
        assert_eq!(with("x"), Some(401));
        assert_eq!(judge(Some("s3cret"), Method::GET, &[]), Some(401));
    }

    fn cookie(access: &Access) -> String {
        match access.log_in("s3cret", Channel::Plain) {
            Entry::Begun(cookie) => cookie.split(';').next().unwrap().to_owned(),
            _ => panic!("not logged in"),
        }
    }

    #[test]
    fn a_session_counts_for_our_own_page_only() {
        let access = Access::new(Some(Zeroizing::new("s3cret".to_owned())));
        let cookie = cookie(&access);
        let check = |method: Method, site: &str, expect: Option<u16>| {
            let headers = HeaderMap::from_iter([
                (header::COOKIE, cookie.parse().unwrap()),
                (
                    header::HeaderName::from_static("sec-fetch-site"),
                    site.parse().unwrap(),
                ),
            ]);
            let judged = access.judge(&Asked::Data, &method, &headers);
            let status = judged.err().map(|(status, _)| status.as_u16());
            assert_eq!(status, expect, "{method} {site}");
        };
        check(Method::GET, "same-origin", None);
        check(Method::PATCH, "same-origin", None);
        check(Method::GET, "same-site", Some(401));
        check(Method::PATCH, "cross-site", Some(401));
    }

    #[test]
    fn guesses_that_come_too_fast_learn_nothing() {
        let access = Access::new(Some(Zeroizing::new("s3cret".to_owned())));
        for _ in 0..TRIES.get() {
            assert!(matches!(
                access.log_in("guess", Channel::Plain),
                Entry::Wrong
            ));
        }
        assert!(matches!(
            access.log_in("s3cret", Channel::Plain),
            Entry::TooMany
        ));
    }
}
