//! Headers that tell browsers what they may do with an answer.

use http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::config::SecurityConfig;

/// Adds what the route says; what a backend says itself is replaced, so that both sides say the same.
pub(super) fn dress(headers: &mut HeaderMap, security: &SecurityConfig) {
    let nosniff = security
        .nosniff
        .then(|| HeaderValue::from_static("nosniff"));
    let mut set = |name: HeaderName, value: &Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(name, value.clone());
        }
    };
    set(CONTENT_SECURITY_POLICY, &security.csp);
    set(X_CONTENT_TYPE_OPTIONS, &nosniff);
    set(X_FRAME_OPTIONS, &security.frame);
    set(REFERRER_POLICY, &security.referrer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_is_added_and_what_was_there_is_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        dress(&mut headers, &SecurityConfig::default());
        assert_eq!(headers.len(), 1);
        let security = SecurityConfig {
            nosniff: true,
            frame: Some(HeaderValue::from_static("DENY")),
            ..SecurityConfig::default()
        };
        dress(&mut headers, &security);
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers.len(), 2);
    }
}
