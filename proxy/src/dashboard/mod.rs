//! The page that people look at, and the files it is made of, out of this program alone.
//!
//! It must not know what the page shows: data is the API's, and the page asks for it like anybody. The one surprise: both
//! are given to whoever asks, token or not, because the form that asks for the token is part of them.

mod assets;
mod guarded;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::assets::Asset;

/// What `GET /` answers a browser.
const PAGE: &str = "index.html";

/// Whether somebody wants to look at a page rather than read lines: browsers ask for HTML, curl takes anything.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

/// The page; 304 when the browser has it already.
pub fn page(headers: &HeaderMap) -> Response {
    named(PAGE, headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// A file of the page by its name, or none; 304 when the browser has it already.
pub fn named(name: &str, headers: &HeaderMap) -> Option<Response> {
    let asset = assets::find(name)?;
    let mut response = match asset.is_known_by(headers) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => whole(asset),
    };
    let fields = response.headers_mut();
    fields.insert(header::ETAG, asset.tag.clone());
    // Asked for again each time and mostly answered with a 304: an upgraded sidecar must not meet yesterday's script.
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("accept"));
    guarded::guard(fields);
    Some(response)
}

fn whole(asset: &Asset) -> Response {
    let kind = HeaderValue::from_static(asset.kind);
    ([(header::CONTENT_TYPE, kind)], asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(header::HeaderName, &str)]) -> HeaderMap {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn browsers_want_the_page_and_others_do_not() {
        let check = |accept: &str, expect| {
            assert_eq!(
                is_wanted(&headers(&[(header::ACCEPT, accept)])),
                expect,
                "{accept}"
            );
        };
        check(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            true,
        );
        check("*/*", false);
        check("application/json", false);
        assert!(!is_wanted(&HeaderMap::new()));
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let first = page(&HeaderMap::new());
        let tag = first.headers()[header::ETAG].to_str().unwrap();
        for known in [tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), "*"] {
            let again = page(&headers(&[(header::IF_NONE_MATCH, known)]));
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(again.headers()[header::ETAG], tag);
        }
        let other = page(&headers(&[(header::IF_NONE_MATCH, "\"other\"")]));
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn only_names_of_the_table_are_answered() {
        for name in [
            "",
            ".",
            "..",
            "../mod.rs",
            "static/app.js",
            "app.js/",
            "APP.JS",
            "app.js\0",
        ] {
            assert!(named(name, &HeaderMap::new()).is_none(), "{name}");
        }
    }

    #[test]
    fn every_file_is_guarded_and_has_a_type() {
        for name in assets::names() {
            let response = named(name, &HeaderMap::new()).unwrap();
            let fields = response.headers();
            assert!(fields.contains_key(header::CONTENT_TYPE), "{name}");
            assert_eq!(fields["x-content-type-options"], "nosniff", "{name}");
            let policy = fields[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{name}: {policy}");
            assert!(!policy.contains("unsafe"), "{name}: {policy}");
        }
    }
}
