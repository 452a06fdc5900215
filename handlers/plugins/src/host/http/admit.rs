//! Whether a request was granted, and whether it changes something.
//!
//! Pure. The URL was read once, by the crate that reads it again to connect, so that nobody is led to another host than
//! the one that is judged here. The surprise: an address is a host like another; whether it is public is judged when the
//! connection is made.

use http::Method;
use url::Url;

use crate::grant::{Class, HostPattern, HttpGrant, Network};
use crate::plan;

/// What a grant says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) network: Network,
    pub(super) class: Class,
}

/// What a grant would have to say, in the words of routes.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing(pub(super) String);

/// Judges a request by the first grant that fits it.
pub(super) fn admit(grants: &[HttpGrant], method: &Method, url: &Url) -> Result<Admitted, Missing> {
    let mut missing = Missing(format!("http = [{{ hosts = [{:?}] }}]", authority(url)));
    for grant in grants.iter().filter(|grant| names(&grant.hosts, url)) {
        if url.scheme() == "http" && grant.network == Network::Public {
            missing = Missing(in_private(url));
        } else if !allows(grant, method) {
            let hosts = authority(url);
            missing = Missing(format!(
                "http = [{{ hosts = [{hosts:?}], methods = [\"{method}\"] }}]"
            ));
        } else {
            return Ok(Admitted {
                network: grant.network,
                class: class(grant, method, url),
            });
        }
    }
    Err(missing)
}

/// The grant without which an inner address is not reached.
pub(super) fn in_private(url: &Url) -> String {
    let host = authority(url);
    format!("http = [{{ hosts = [{host:?}], private = true }}]")
}

/// Whether a host is among these, by its name without the dot that may end it.
pub(super) fn names(hosts: &[HostPattern], url: &Url) -> bool {
    let usual = if url.scheme() == "http" { 80 } else { 443 };
    let port = url.port().unwrap_or(usual);
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    hosts
        .iter()
        .any(|pattern| pattern.admits(host, port, usual))
}

/// The host as a grant names it: with its port when that is not the scheme's own.
pub(super) fn authority(url: &Url) -> &str {
    &url[url::Position::BeforeHost..url::Position::AfterPort]
}

fn allows(grant: &HttpGrant, method: &Method) -> bool {
    match grant.methods.is_empty() {
        true => matches!(*method, Method::GET | Method::HEAD),
        false => grant.methods.iter().any(|it| it == method.as_str()),
    }
}

fn class(grant: &HttpGrant, method: &Method, url: &Url) -> Class {
    let looks = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let read = |pattern: &String| plan::fits(pattern, url.path());
    match looks || grant.read.iter().any(read) {
        true => Class::Read,
        false => Class::Effect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(host: &str, methods: &[&str], network: Network) -> HttpGrant {
        HttpGrant {
            hosts: vec![HostPattern::parse(host).unwrap()],
            methods: methods.iter().map(|it| (*it).to_owned()).collect(),
            network,
            read: vec!["/bot*/getUpdates".to_owned()],
        }
    }

    fn judge(method: &str, url: &str) -> Result<Admitted, Missing> {
        let grants = [
            grant("api.example", &["GET", "POST"], Network::Public),
            grant("*.cdn.example", &[], Network::Public),
            grant("127.0.0.1:9000", &["POST"], Network::Private),
            grant("[::1]:9000", &[], Network::Private),
        ];
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        admit(&grants, &method, &Url::parse(url).unwrap())
    }

    #[test]
    fn what_fits_a_grant_has_its_network_and_class() {
        let check = |method: &str, url: &str, network, class| {
            assert_eq!(judge(method, url), Ok(Admitted { network, class }), "{url}");
        };
        check(
            "GET",
            "https://API.example./x",
            Network::Public,
            Class::Read,
        );
        check(
            "POST",
            "https://api.example/bot1/send",
            Network::Public,
            Class::Effect,
        );
        check(
            "POST",
            "https://api.example/bot1/getUpdates",
            Network::Public,
            Class::Read,
        );
        check(
            "GET",
            "https://a.cdn.example/x",
            Network::Public,
            Class::Read,
        );
        check(
            "POST",
            "http://127.0.0.1:9000/",
            Network::Private,
            Class::Effect,
        );
        check(
            "GET",
            "http://[0:0::1]:9000/",
            Network::Private,
            Class::Read,
        );
        // Other spellings of the same address.
        check(
            "POST",
            "http://2130706433:9000/",
            Network::Private,
            Class::Effect,
        );
    }

    #[test]
    fn what_does_not_is_told_in_the_words_of_a_grant() {
        let check = |method: &str, url: &str, words: &str| {
            assert_eq!(judge(method, url), Err(Missing(words.to_owned())), "{url}");
        };
        check(
            "GET",
            "https://evil.example/",
            "http = [{ hosts = [\"evil.example\"] }]",
        );
        check(
            "GET",
            "https://api.example.evil.net/",
            "http = [{ hosts = [\"api.example.evil.net\"] }]",
        );
        check(
            "GET",
            "https://api.example:8443/",
            "http = [{ hosts = [\"api.example:8443\"] }]",
        );
        check(
            "GET",
            "https://cdn.example/",
            "http = [{ hosts = [\"cdn.example\"] }]",
        );
        check(
            "DELETE",
            "https://api.example/",
            "http = [{ hosts = [\"api.example\"], methods = [\"DELETE\"] }]",
        );
        check(
            "POST",
            "https://a.cdn.example/",
            "http = [{ hosts = [\"a.cdn.example\"], methods = [\"POST\"] }]",
        );
        check(
            "GET",
            "http://api.example/",
            "http = [{ hosts = [\"api.example\"], private = true }]",
        );
        check(
            "GET",
            "http://127.0.0.1:9001/",
            "http = [{ hosts = [\"127.0.0.1:9001\"] }]",
        );
    }

    #[test]
    fn a_url_cannot_say_one_host_and_mean_another() {
        for url in [
            "https://api.example@evil.example/",
            "https://evil.example/https://api.example/",
            "https://evil.example#@api.example/",
            "https://evil.example?@api.example/",
            "https://api.example%2eevil.example/",
            "https://api。example.evil/",
            "https:evil.example",
            "https:\\\\evil.example\\@api.example",
        ] {
            let judged = judge("GET", url).unwrap_err();
            assert!(judged.0.contains("evil"), "{url}: {judged:?}");
        }
        assert!(judge("GET", "https://ap%69.ex%61mple/").is_ok());
        // A backslash is a slash, to whoever connects as well.
        assert!(judge("GET", "https://api.example\\@evil.example/").is_ok());
        assert!(judge("GET", "https://api。example/").is_ok());
    }
}
