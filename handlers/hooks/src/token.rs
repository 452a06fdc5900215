//! Whether a caller has the token of the hooks.
//!
//! Where a token is looked for is `auth`'s to say, so that the key `auth = "hooks"` of a route and this handler never
//! disagree. The surprise: the first place that holds any token decides; a right one elsewhere does not rescue a wrong
//! bearer.

use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use overgrow_auth::{Place, hooks_token};
use overgrow_settings::Secret;

use crate::address::Address;
use crate::reply::Reply;

/// Lets the caller in, or does not.
///
/// # Errors
/// The refusal.
pub(crate) fn admit(secret: &Secret, request: &HeaderMap, address: &Address) -> Result<(), Reply> {
    let shown = hooks_token(request, address.raw_query()).ok_or(Reply::Unauthorized)?;
    if !secret.matches(&shown.text) {
        return Err(Reply::Unauthorized);
    }
    if shown.place == Place::Query {
        warn_once();
    }
    Ok(())
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
