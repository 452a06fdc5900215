//! Keeps other people's pages from using a browser's cookies.
//!
//! It must not know sessions: it asks whether the browser may have been made to send this, not who it is. The
//! surprise: a WebSocket's `GET` counts as unsafe, because a page may open one anywhere and no CORS stops it; and so
//! does `Authorization: Basic`, which browsers remember like a cookie.

use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN, REFERER, UPGRADE};
use http::{Method, Uri};
use url::{Origin, Url};

use crate::credentials::bearer;

/// The pages that may use a browser's cookies, besides our own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    /// Their origins.
    pub origins: Vec<Origin>,
    /// Pages of other hosts of the same site.
    pub same_site: SameSite,
}

/// Whether `app.example.com` speaks for `api.example.com`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameSite {
    /// It does.
    Trusted,
    /// It does not: some hosts of a site belong to others.
    #[default]
    Foreign,
}

/// Why a request may be another page's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Csrf {
    /// The browser says that another site's page sent it.
    #[error("sent by a page of another site")]
    CrossSite,
    /// The page is of another origin.
    #[error("sent by a page of another origin")]
    CrossOrigin,
    /// Nothing says where it comes from.
    #[error("nothing says which page sent it")]
    Unknown,
}

impl Pages {
    /// Whether a request with a browser's own credentials is this service's pages' doing. `own` is what browsers know
    /// this service by, from [`own_origin`].
    ///
    /// # Errors
    /// When it may be another page's.
    pub fn check(&self, method: &Method, headers: &HeaderMap, own: &Origin) -> Result<(), Csrf> {
        if is_harmless(method, headers) || !is_ambient(headers) {
            return Ok(());
        }
        let origin = stated(headers)?;
        if origin
            .as_ref()
            .is_some_and(|page| self.origins.contains(page))
        {
            return Ok(());
        }
        match only(headers, "sec-fetch-site")? {
            Some("same-origin" | "none") => Ok(()),
            Some("same-site") if self.same_site == SameSite::Trusted => Ok(()),
            Some(_) => Err(Csrf::CrossSite),
            None if origin.ok_or(Csrf::Unknown)? == *own => Ok(()),
            None => Err(Csrf::CrossOrigin),
        }
    }
}

/// The origin that browsers know this service by; `scheme` is the one that they speak, TLS before us included. One
/// that equals no other when the request names no host.
pub fn own_origin(scheme: &str, headers: &HeaderMap, uri: &Uri) -> Origin {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|host| host.as_str()));
    let page = Url::parse(&format!("{scheme}://{}", host.unwrap_or_default()));
    page.map_or_else(|_| Origin::new_opaque(), |page| page.origin())
}

fn is_harmless(method: &Method, headers: &HeaderMap) -> bool {
    method.is_safe() && !headers.contains_key(UPGRADE)
}

/// The login that `tailscale serve` adds to whatever a browser on the tailnet sends.
const TAILNET: HeaderName = HeaderName::from_static("tailscale-user-login");

/// Whether it carries what a browser, or a proxy that knows its machine, adds by itself. A bearer is added by a script of
/// the page that knows it.
fn is_ambient(headers: &HeaderMap) -> bool {
    let ambient = [COOKIE, AUTHORIZATION, TAILNET];
    let carries = ambient.iter().any(|name| headers.contains_key(name));
    carries && bearer(headers).is_none()
}

/// The page's origin by `Origin`, else by `Referer`.
fn stated(headers: &HeaderMap) -> Result<Option<Origin>, Csrf> {
    let page = match only(headers, ORIGIN.as_str())? {
        Some(page) => page,
        None => match only(headers, REFERER.as_str())? {
            Some(page) => page,
            None => return Ok(None),
        },
    };
    // `null`, and whatever else is no page, is somebody's all the same.
    let origin = Url::parse(page).map_or_else(|_| Origin::new_opaque(), |page| page.origin());
    Ok(Some(origin))
}

/// The one value of a header; no browser sends two.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Csrf> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (value.to_str(), values.next()) {
        (Ok(value), None) => Ok(Some(value)),
        _ => Err(Csrf::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    type Lines<'a> = &'a [(&'static str, &'a str)];

    fn ask(pages: &Pages, method: Method, lines: Lines<'_>) -> Result<(), Csrf> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("app.example.com"));
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let own = own_origin("https", &headers, &Uri::from_static("/"));
        pages.check(&method, &headers, &own)
    }

    /// A `POST` with a cookie.
    fn check(lines: Lines<'_>, expect: Result<(), Csrf>) {
        let lines = [&[("cookie", "s=1")], lines].concat();
        let said = ask(&Pages::default(), Method::POST, &lines);
        assert_eq!(said, expect, "{lines:?}");
    }

    #[test]
    fn without_a_browsers_own_credentials_nothing_is_asked() {
        let ask = |method, lines: Lines<'_>| ask(&Pages::default(), method, lines);
        let foreign = ("origin", "https://evil.example");
        assert_eq!(ask(Method::POST, &[foreign]), Ok(()));
        let bearer = ("authorization", "Bearer t");
        assert_eq!(
            ask(Method::POST, &[foreign, bearer, ("cookie", "s=1")]),
            Ok(())
        );
        assert_eq!(ask(Method::GET, &[foreign, ("cookie", "s=1")]), Ok(()));
        let basic = ("authorization", "Basic eDp5");
        assert_eq!(ask(Method::POST, &[foreign, basic]), Err(Csrf::CrossOrigin));
        let tailnet = ("tailscale-user-login", "ada@example.com");
        assert_eq!(
            ask(Method::POST, &[foreign, tailnet]),
            Err(Csrf::CrossOrigin)
        );
        assert_eq!(ask(Method::POST, &[foreign, tailnet, bearer]), Ok(()));
    }

    #[test]
    fn a_page_may_not_open_a_websocket_with_our_cookies() {
        let lines = [
            ("cookie", "s=1"),
            ("upgrade", "websocket"),
            ("origin", "https://evil.example"),
        ];
        assert_eq!(
            ask(&Pages::default(), Method::GET, &lines),
            Err(Csrf::CrossOrigin)
        );
    }

    #[test]
    fn the_browsers_own_word_comes_first() {
        let site = |value| ("sec-fetch-site", value);
        check(&[site("same-origin")], Ok(()));
        check(&[site("none")], Ok(()));
        check(&[site("same-site")], Err(Csrf::CrossSite));
        check(&[site("cross-site")], Err(Csrf::CrossSite));
        check(&[site("")], Err(Csrf::CrossSite));
        check(&[site("none"), site("cross-site")], Err(Csrf::Unknown));
        let own = ("origin", "https://app.example.com");
        check(&[site("cross-site"), own], Err(Csrf::CrossSite));
    }

    #[test]
    fn older_browsers_state_an_origin_or_a_referrer() {
        check(&[("origin", "https://app.example.com")], Ok(()));
        check(&[("origin", "https://APP.example.com:443")], Ok(()));
        for foreign in [
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://app.example.com@evil.example",
            "https://evil.example/app.example.com",
            "null",
            "",
        ] {
            check(&[("origin", foreign)], Err(Csrf::CrossOrigin));
        }
        check(&[("referer", "https://app.example.com/page?x")], Ok(()));
        check(
            &[("referer", "https://evil.example/https://app.example.com")],
            Err(Csrf::CrossOrigin),
        );
        let both = [("origin", "null"), ("referer", "https://app.example.com/")];
        check(&both, Err(Csrf::CrossOrigin));
        check(&[], Err(Csrf::Unknown));
    }

    #[test]
    fn trusted_pages_may() {
        let page = "https://console.example.com";
        let pages = Pages {
            origins: vec![Url::parse(page).unwrap().origin()],
            same_site: SameSite::Trusted,
        };
        let ask = |lines: Lines<'_>| ask(&pages, Method::DELETE, lines);
        let (cookie, cross) = (("cookie", "s=1"), ("sec-fetch-site", "cross-site"));
        assert_eq!(ask(&[cookie, cross, ("origin", page)]), Ok(()));
        assert_eq!(ask(&[cookie, cross]), Err(Csrf::CrossSite));
        assert_eq!(ask(&[cookie, ("sec-fetch-site", "same-site")]), Ok(()));
    }

    #[test]
    fn a_service_without_a_name_has_no_pages() {
        let own = own_origin("https", &HeaderMap::new(), &Uri::from_static("/"));
        let headers = HeaderMap::from_iter([
            (COOKIE, HeaderValue::from_static("s=1")),
            (ORIGIN, HeaderValue::from_static("null")),
        ]);
        let said = Pages::default().check(&Method::POST, &headers, &own);
        assert_eq!(said, Err(Csrf::CrossOrigin));
    }
}
