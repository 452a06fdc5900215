//! What a hook's address says: which hook, and the query.
//!
//! The surprise: the gateway reads a request target as a URL that may be relative, so `/x/../hooks/wake` is a hook and
//! `//hooks/wake` names a host.

use http::{Uri, Version};
use overgrow_handler::Declined;
use url::Url;

use crate::js::Text;

/// A request target under the base of the hooks.
#[derive(Debug)]
pub(crate) struct Address {
    url: Url,
    /// Bytes of the path that are before the sub-path.
    before: usize,
}

impl Address {
    /// Reads a target.
    ///
    /// # Errors
    /// When it is not under the base, and so none of ours.
    pub(crate) fn read(uri: &Uri, version: Version, base: &str) -> Result<Self, Declined> {
        let url = absolute(uri, version).ok_or(Declined("not_hooks"))?;
        let after = url.path().strip_prefix(base);
        let under = after.filter(|after| after.is_empty() || after.starts_with('/'));
        let hook = under.ok_or(Declined("not_hooks"))?.trim_start_matches('/');
        let before = url.path().len() - hook.len();
        Ok(Self { url, before })
    }

    /// The path below the base, without leading slashes; empty for the base itself.
    pub(crate) fn hook(&self) -> &str {
        &self.url.path()[self.before..]
    }

    /// The query as it stands, without its question mark.
    pub(crate) fn raw_query(&self) -> Option<&str> {
        self.url.query()
    }

    /// Names and values of the query, decoded.
    pub(crate) fn query(&self) -> impl Iterator<Item = (Text, Text)> + '_ {
        let pairs = self.url.query_pairs();
        pairs.map(|(name, value)| (Text::from(&*name), Text::from(&*value)))
    }
}

/// The target against a base whose host says nothing. Only in HTTP/1 does a scheme mean that the client wrote it.
fn absolute(uri: &Uri, version: Version) -> Option<Url> {
    if uri.scheme().is_some() && version <= Version::HTTP_11 {
        return Url::parse(&uri.to_string()).ok();
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    if names_host(target) {
        // Any number of slashes is two, which `join` does not know.
        return Url::parse(&format!("http:{target}")).ok();
    }
    let base = Url::parse("http://localhost").ok()?;
    base.join(target).ok()
}

fn names_host(target: &str) -> bool {
    matches!(target.as_bytes(), [b'/', b'/' | b'\\', ..])
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, base: &str, hook: Option<&str>) {
        let read = Address::read(&target.parse().unwrap(), Version::HTTP_11, base);
        assert_eq!(read.as_ref().ok().map(Address::hook), hook, "{target}");
    }

    #[test]
    fn a_hook_is_found_where_the_gateways_parser_finds_it() {
        check("/hooks/wake", "/hooks", Some("wake"));
        check("/hooks//wake", "/hooks", Some("wake"));
        check("/hooks/wake/", "/hooks", Some("wake/"));
        check("/hooks/a/b?c=d", "/hooks", Some("a/b"));
        check("/hooks", "/hooks", Some(""));
        check("/hooks/", "/hooks", Some(""));
        check("/x/../hooks/wake", "/hooks", Some("wake"));
        check("///host/hooks/wake", "/hooks", Some("wake"));
        check("/x/%2e%2e/hooks/wake", "/hooks", Some("wake"));
        check("http://elsewhere/hooks/wake", "/hooks", Some("wake"));
        check("/hooks/wak%65", "/hooks", Some("wak%65"));
        check("/deep/er/agent", "/deep/er", Some("agent"));
        for target in [
            "/hooksx",
            "/HOOKS/wake",
            "/hooks/../wake",
            "//hooks/wake",
            "//",
            "/",
        ] {
            check(target, "/hooks", None);
        }
    }

    #[test]
    fn a_scheme_in_http_2_is_no_part_of_the_target() {
        let uri = Uri::from_static("https://host//hooks/wake");
        assert!(Address::read(&uri, Version::HTTP_2, "/hooks").is_err());
        assert!(Address::read(&uri, Version::HTTP_2, "/wake").is_ok());
    }

    #[test]
    fn the_query_is_decoded() {
        let uri = Uri::from_static("/hooks/wake?token=+a%20b&token=c&%E9=%C3%A9");
        let address = Address::read(&uri, Version::HTTP_11, "/hooks").unwrap();
        let first = address.query().next();
        assert_eq!(first, Some((Text::from("token"), Text::from(" a b"))));
        let last = address.query().last();
        assert_eq!(last, Some((Text::from("\u{fffd}"), Text::from("é"))));
    }
}
