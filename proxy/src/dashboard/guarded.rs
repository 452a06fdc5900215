//! What a browser is told it must not do with the page.
//!
//! It must not know the page. The one surprise: there is no exception for anything inline, so a value that a service sent
//! cannot become a script even if the page forgot itself.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Scripts, styles, fonts and answers from here; pictures also from the page itself; nothing else from anywhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// Name and value.
type Field = (HeaderName, &'static str);

/// For the page and its files.
const FIELDS: [Field; 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    // For browsers that do not know `frame-ancestors`.
    (X_FRAME_OPTIONS, "DENY"),
    // Another site that opened the page in a window must not hold on to it.
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Adds the fields.
pub(super) fn guard(headers: &mut HeaderMap) {
    for (name, value) in FIELDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
