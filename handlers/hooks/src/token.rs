//! Whether a caller has the token of the hooks.
//!
//! The surprise: the first place that holds any token decides; a right token elsewhere does not rescue a wrong bearer.

use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use overgrow_settings::Secret;

use crate::address::Address;
use crate::headers;
use crate::js::trim_str;
use crate::reply::Reply;

const OWN: HeaderName = HeaderName::from_static("x-openclaw-token");

/// A token and where it was.
enum Shown {
    InHeader(String),
    InQuery(String),
}

/// Lets the caller in, or does not.
///
/// # Errors
/// The refusal.
pub(crate) fn admit(secret: &Secret, request: &HeaderMap, address: &Address) -> Result<(), Reply> {
    let shown = shown(request, address).ok_or(Reply::Unauthorized)?;
    let (Shown::InHeader(token) | Shown::InQuery(token)) = &shown;
    if !secret.matches(token) {
        return Err(Reply::Unauthorized);
    }
    if matches!(shown, Shown::InQuery(_)) {
        warn_once();
    }
    Ok(())
}

fn shown(request: &HeaderMap, address: &Address) -> Option<Shown> {
    let header = bearer(request).or_else(|| filled(&headers::value(request, &OWN)?));
    let query = || filled(&address.first("token")?);
    header
        .map(Shown::InHeader)
        .or_else(|| query().map(Shown::InQuery))
}

fn bearer(request: &HeaderMap) -> Option<String> {
    let value = headers::value(request, &AUTHORIZATION)?;
    let (scheme, token) = trim_str(&value).split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case("bearer ").then_some(())?;
    filled(token)
}

fn filled(text: &str) -> Option<String> {
    let text = trim_str(text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// Once per process: whoever sends tokens in addresses sends many.
fn warn_once() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "a hook's token came in the query, where logs and histories keep it: send it as a bearer token or in \
             x-openclaw-token"
        );
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Version};

    use super::*;

    fn admits(target: &str, headers: &[(&'static str, &[u8])]) -> bool {
        let uri = target.parse().unwrap();
        let address = Address::read(&uri, Version::HTTP_11, "/hooks").unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        admit(&Secret::new("sécret"), &map, &address).is_ok()
    }

    #[test]
    fn the_first_place_with_a_token_decides() {
        let right = &b"s\xe9cret"[..];
        let bearer = |value| admits("/hooks", &[("authorization", value)]);
        assert!(bearer(b"Bearer s\xe9cret"));
        assert!(bearer(b"bEARER \xa0 s\xe9cret "));
        assert!(!bearer(b"Basic s\xe9cret") && !bearer(b"Bearer") && !bearer(right));
        assert!(!bearer("Bearer sécret".as_bytes()), "UTF-8 is not Latin-1");
        assert!(admits("/hooks", &[("x-openclaw-token", right)]));
        assert!(admits("/hooks?token=s%C3%A9cret", &[]));
        assert!(admits("/hooks?token=+s%C3%A9cret&token=x", &[]));
        let wrong = ("authorization", &b"Bearer wrong"[..]);
        let empty = ("authorization", &b"Bearer  "[..]);
        assert!(!admits("/hooks", &[wrong, ("x-openclaw-token", right)]));
        assert!(admits("/hooks", &[empty, ("x-openclaw-token", right)]));
        assert!(!admits(
            "/hooks?token=s%C3%A9cret",
            &[("x-openclaw-token", b"wrong")]
        ));
        assert!(!admits(
            "/hooks",
            &[("x-openclaw-token", b"a"), ("x-openclaw-token", right)]
        ));
        assert!(!admits("/hooks?token=", &[]) && !admits("/hooks?token=++", &[]));
    }
}
