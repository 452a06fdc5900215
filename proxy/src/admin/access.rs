//! Who may use the admin listener.
//!
//! With a token: whoever shows it. Without one: whoever addresses the listener by its own name. A page in a browser
//! can reach loopback too, by another site's form or by a name that resolves there, and neither may read or change
//! anything.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::problem;
use crate::dashboard;

/// The rules of one admin listener.
pub struct Access {
    token: Option<Zeroizing<String>>,
}

impl Access {
    /// With a token, every endpoint but health and readiness asks for it.
    pub fn new(token: Option<Zeroizing<String>>) -> Self {
        Self { token }
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
    let judged = match Asked::of(&request) {
        Asked::Probe => Ok(()),
        Asked::Page => access.judge_place(request.headers()),
        Asked::Data => access.judge(request.method(), request.headers()),
    };
    match judged {
        Err((status, detail)) => problem::of(status, detail),
        Ok(()) => next.run(request).await,
    }
}

/// What a request is for, as far as the rules differ.
enum Asked {
    /// Whether the sidecar is alive and ready.
    Probe,
    /// The page's files, which hold no data and ask for the token themselves.
    Page,
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
            _ if is_page && request.method().is_safe() => Self::Page,
            _ => Self::Data,
        }
    }
}

impl Access {
    fn judge(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        match &self.token {
            Some(token) if !shows(token, headers) => {
                return Err((
                    StatusCode::UNAUTHORIZED,
                    "send Authorization: Bearer with the admin token",
                ));
            }
            _ => self.judge_place(headers)?,
        }
        if !method.is_safe() && is_cross_site(headers) {
            return Err((
                StatusCode::FORBIDDEN,
                "writes from another site are refused",
            ));
        }
        Ok(())
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
            .judge(&method, &headers.collect())
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
}
