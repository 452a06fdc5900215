//! Finds the token of a webhook.
//!
//! It does not compare it. The surprise: the first place that has one decides, so a wrong bearer is not made good by
//! a right header.

use http::header::HeaderMap;
use url::form_urlencoded;

use crate::credentials::bearer;
use crate::headers;

/// A token and where it was.
#[derive(Clone, PartialEq, Eq)]
pub struct HooksToken {
    /// The token, trimmed and not empty.
    pub text: String,
    /// Where it was.
    pub place: Place,
}

/// Where a webhook's token may be, in the order in which it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `Authorization: Bearer`.
    Bearer,
    /// `X-OpenClaw-Token`.
    Header,
    /// The query's `token`. It ends up in logs: to be accepted, and to be warned of.
    Query,
}

impl std::fmt::Debug for HooksToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HooksToken({:?})", self.place)
    }
}

/// The token that a webhook is called with; `query` is the target's, not yet decoded and without its question mark.
pub fn hooks_token(headers: &HeaderMap, query: Option<&str>) -> Option<HooksToken> {
    let at = |text: Option<String>, place| text.map(|text| HooksToken { text, place });
    at(bearer(headers), Place::Bearer)
        .or_else(|| at(header(headers), Place::Header))
        .or_else(|| at(in_query(query?), Place::Query))
}

fn header(headers: &HeaderMap) -> Option<String> {
    headers::joined(headers, "x-openclaw-token").filter(|text| !text.is_empty())
}

fn in_query(query: &str) -> Option<String> {
    let (_, value) = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "token")?;
    let text = headers::trimmed(&value);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn check(lines: &[(&str, &str)], query: &str, expect: Option<(&str, Place)>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let found = hooks_token(&headers, Some(query));
        let found = found.as_ref().map(|token| (&*token.text, token.place));
        assert_eq!(found, expect, "{lines:?} {query}");
    }

    #[test]
    fn the_first_place_that_has_a_token_decides() {
        let bearer = ("authorization", "Bearer b");
        let header = ("x-openclaw-token", " h ");
        check(&[bearer, header], "token=q", Some(("b", Place::Bearer)));
        check(&[header], "token=q", Some(("h", Place::Header)));
        check(&[], "a=1&token=q", Some(("q", Place::Query)));
        check(&[], "a=1", None);
    }

    #[test]
    fn an_empty_place_is_passed_over() {
        let lines = [("authorization", "Bearer "), ("x-openclaw-token", " ")];
        check(&lines, "token=q", Some(("q", Place::Query)));
        check(&lines, "token=", None);
        check(&[("authorization", "Basic x")], "", None);
        check(&[("x-clawdbot-token", "x")], "", None);
    }

    #[test]
    fn a_query_is_decoded_and_its_first_token_counts() {
        check(&[], "token=a%2Bb", Some(("a+b", Place::Query)));
        check(&[], "token=+a+b+", Some(("a b", Place::Query)));
        check(&[], "token=&token=b", None);
        check(&[], "Token=b", None);
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = hooks_token(&HeaderMap::new(), Some("token=sesame")).unwrap();
        assert!(!format!("{token:?}").contains("sesame"));
    }
}
