//! What is asked of the next origin when one redirects.
//!
//! Decisions only. The surprise: on the way to another origin a request keeps next to nothing. Browsers drop
//! `Authorization` there and know all other secrets as cookies; here any header may be one, so those few are kept that
//! cannot be, and a body is not handed on at all.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::{Method, StatusCode};

use crate::ask::{Ask, without};
use crate::policy::Downgrade;
use crate::target::{Target, Wrap};
use crate::{FetchError, Policy};

/// What an answer's head means for the fetch.
#[derive(Debug)]
pub(crate) enum Step {
    /// This is the answer.
    Arrived,
    /// Somebody else has it.
    Onward(Box<Ask>),
}

/// Headers that hold no secret and are kept on the way to another origin.
const HARMLESS: [HeaderName; 4] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::USER_AGENT,
    header::RANGE,
];

/// Headers that describe a body, which go when it goes.
const OF_A_BODY: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
];

impl Ask {
    /// Whether this answer is the last one, or whom to ask instead.
    pub(crate) fn step(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        policy: &Policy,
    ) -> Result<Step, FetchError> {
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(Step::Arrived);
        }
        let Some(location) = location(headers)? else {
            return Ok(Step::Arrived);
        };
        let target = self.target.join(&location, policy)?;
        self.onward(status, target, policy)
            .map(|ask| Step::Onward(Box::new(ask)))
    }

    fn onward(
        &self,
        status: StatusCode,
        target: Target,
        policy: &Policy,
    ) -> Result<Self, FetchError> {
        if (self.target.wrap, target.wrap, policy.downgrade)
            == (Wrap::Tls, Wrap::Plain, Downgrade::Refuse)
        {
            return Err(FetchError::Downgrade);
        }
        let elsewhere = !self.target.same_origin(&target);
        let mut next = Self {
            target,
            ..self.clone()
        };
        if turns_to_get(status, &next.method) {
            next.method = Method::GET;
            next.body = Bytes::new();
            next.headers = without(next.headers, &OF_A_BODY);
        }
        if elsewhere {
            next.leave_origin()?;
        }
        Ok(next)
    }

    fn leave_origin(&mut self) -> Result<(), FetchError> {
        if !self.body.is_empty() {
            return Err(FetchError::Elsewhere);
        }
        let kept = std::mem::take(&mut self.headers).into_iter();
        let mut last = None;
        for (name, value) in kept {
            last = name.or(last);
            if let Some(name) = last.as_ref().filter(|name| HARMLESS.contains(name)) {
                self.headers.append(name.clone(), value);
            }
        }
        Ok(())
    }
}

/// As browsers do: 303 asks for something else, and after 301 and 302 everybody has always sent a GET for a POST.
fn turns_to_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => !matches!(*method, Method::GET | Method::HEAD),
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

/// Where to; `None` when the answer does not say and so is no redirect. Several places are refused, because whoever
/// checked one of them would not know which one is used.
fn location(headers: &HeaderMap) -> Result<Option<String>, FetchError> {
    let mut places = headers.get_all(header::LOCATION).iter();
    let Some(place) = places.next() else {
        return Ok(None);
    };
    if places.next().is_some() {
        return Err(FetchError::Location);
    }
    let text = std::str::from_utf8(place.as_bytes()).map_err(|_| FetchError::Location)?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(pair).collect()
    }

    fn ask(method: Method, url: &str, body: &'static str) -> Ask {
        let all = headers(&[
            ("authorization", "Bearer secret"),
            ("cookie", "a=b"),
            ("x-api-key", "secret"),
            ("accept", "image/*"),
            ("content-type", "text/plain"),
        ]);
        let target = Target::parse(url, &Policy::public()).unwrap();
        Ask::new(target, method, all, Bytes::from_static(body.as_bytes())).unwrap()
    }

    fn step(ask: &Ask, status: u16, location: &'static str) -> Result<Ask, FetchError> {
        let status = StatusCode::from_u16(status).unwrap();
        match ask.step(
            status,
            &headers(&[("location", location)]),
            &Policy::public(),
        )? {
            Step::Onward(next) => Ok(*next),
            Step::Arrived => panic!("{status} is a redirect"),
        }
    }

    fn names(ask: &Ask) -> Vec<&str> {
        let mut names: Vec<_> = ask.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn inside_an_origin_everything_is_kept() {
        let next = step(
            &ask(Method::POST, "https://a.example/1", "body"),
            307,
            "2?x",
        )
        .unwrap();
        assert_eq!(next.target.url.as_str(), "https://a.example/2?x");
        assert_eq!(
            (next.method.as_str(), &next.body[..]),
            ("POST", &b"body"[..])
        );
        assert_eq!(
            names(&next),
            [
                "accept",
                "authorization",
                "content-type",
                "cookie",
                "x-api-key"
            ]
        );
    }

    #[test]
    fn another_origin_gets_no_secret() {
        for place in [
            "https://b.example/",
            "https://a.example:80/",
            "https://a.a.example/",
            "//b.example",
        ] {
            let next = step(&ask(Method::GET, "https://a.example/", ""), 302, place).unwrap();
            assert_eq!(names(&next), ["accept"], "{place}");
        }
        let refused = step(
            &ask(Method::POST, "https://a.example/", "body"),
            308,
            "https://b.example/",
        );
        assert!(matches!(refused, Err(FetchError::Elsewhere)));
    }

    #[test]
    fn methods_change_as_in_browsers() {
        let check = |method: Method, status, expect: Method| {
            let next = step(
                &ask(method.clone(), "http://a.example/", "body"),
                status,
                "/",
            )
            .unwrap();
            assert_eq!(next.method, expect, "{method} {status}");
            assert_eq!(next.body.is_empty(), method != expect, "{method} {status}");
        };
        check(Method::POST, 301, Method::GET);
        check(Method::POST, 302, Method::GET);
        check(Method::PUT, 302, Method::PUT);
        check(Method::PUT, 303, Method::GET);
        check(Method::HEAD, 303, Method::HEAD);
        check(Method::POST, 307, Method::POST);
        check(Method::POST, 308, Method::POST);
    }

    #[test]
    fn a_redirect_is_checked_as_a_url_is() {
        let refusal = |place: &'static str| {
            let ask = ask(Method::GET, "https://a.example/", "");
            step(&ask, 302, place).unwrap_err().to_string()
        };
        let address = "Blocked: private/internal IP address";
        assert_eq!(refusal("https://127.0.0.1/"), address);
        assert_eq!(refusal("https://[::1]/"), address);
        assert_eq!(refusal("//2130706433/"), address);
        assert_eq!(refusal("https:\\\\0x7f.1\\"), address);
        assert_eq!(
            refusal("https://localhost./"),
            "Blocked hostname: localhost."
        );
        assert_eq!(
            refusal("file:///etc/passwd"),
            "Invalid URL: must be http or https"
        );
        assert_eq!(
            refusal("http://a.example/"),
            "Blocked: redirect from https to http"
        );
        assert_eq!(
            refusal("https://u:p@b.example/"),
            "Blocked: URL with credentials"
        );
        assert_eq!(refusal("https://b.example:22/"), "Blocked port: 22");
    }

    #[test]
    fn a_downgrade_is_followed_when_the_policy_says_so() {
        let policy = Policy::public().downgrade(Downgrade::Follow);
        let place = headers(&[("location", "http://a.example/")]);
        let step =
            ask(Method::GET, "https://a.example/", "").step(StatusCode::FOUND, &place, &policy);
        let Ok(Step::Onward(next)) = step else {
            panic!("followed")
        };
        assert_eq!(names(&next), ["accept"]);
    }

    #[test]
    fn a_redirect_without_one_place_is_none_or_refused() {
        let ask = ask(Method::GET, "http://a.example/", "");
        let step = |status, headers: HeaderMap| ask.step(status, &headers, &Policy::public());
        assert!(matches!(
            step(StatusCode::FOUND, HeaderMap::new()),
            Ok(Step::Arrived)
        ));
        let place = headers(&[("location", "/x")]);
        assert!(matches!(
            step(StatusCode::NOT_MODIFIED, place),
            Ok(Step::Arrived)
        ));
        let two = headers(&[("location", "/x"), ("location", "/y")]);
        assert!(matches!(
            step(StatusCode::FOUND, two),
            Err(FetchError::Location)
        ));
    }
}
