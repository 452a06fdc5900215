//! What evidence depends on: when one of these changes, an epoch of the evidence ends and the next begins.
//!
//! The handlers of this program change with the program, so its own bytes are part of it; a service over HTTP is known
//! by its address, and by the version that its answers tell.

use std::fmt::Write;

use http::HeaderMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::config::{HandlerRef, LegacyConfig, RouteConfig};

/// Where backends tell their version, the first that is there. `Server` is the least of them: proxies write it too.
const VERSIONS: [&str; 4] = ["x-overgrow-version", "x-app-version", "x-version", "server"];

/// Names the handler's build, the route's rules and the legacy of a route. `build` stands for this program.
pub fn fingerprint(route: &RouteConfig, legacy: &LegacyConfig, build: fn() -> u64) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match &route.handler {
        Some(HandlerRef::Upstream(url)) => write!(text, "handler {url}"),
        Some(named) => write!(text, "handler {named} of {:016x}", build()),
        None => write!(text, "no handler"),
    };
    let rules = xxh3_64(format!("{:?}", route.parity).as_bytes());
    let _ = write!(text, "; rules {rules:016x}; legacy");
    for url in &legacy.urls {
        let _ = write!(text, " {url}");
    }
    text
}

/// The version that an answer tells.
pub(super) fn version(headers: &HeaderMap) -> Option<&str> {
    let values = VERSIONS.iter().filter_map(|name| headers.get(*name));
    values.filter_map(|value| value.to_str().ok()).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Handlers};

    fn of(route: &str) -> String {
        let text = format!(
            "[legacy]\nurl = \"http://a\"\n[[route]]\nid = \"r\"\nmatch = {{ path = \"/\" }}\n{route}"
        );
        let config = Config::parse(&text, &Handlers::new(["orders", "prices"])).unwrap();
        fingerprint(&config.routes[0], &config.legacy, || 7)
    }

    #[test]
    fn handler_and_rules_are_part_of_it_and_the_dial_is_not() {
        let plain = of("handler = \"orders\"");
        assert_eq!(plain, of("handler = \"orders\"\nrust = 25"));
        assert_ne!(plain, of("handler = \"prices\""));
        assert_ne!(plain, of("handler = \"http://b\""));
        assert_ne!(
            plain,
            of("handler = \"orders\"\nparity = { ignore = [\"status\"] }")
        );
    }

    #[test]
    fn a_version_is_read_where_backends_tell_it() {
        let mut headers = HeaderMap::new();
        assert_eq!(version(&headers), None);
        headers.insert("server", "nginx/1.22".parse().unwrap());
        assert_eq!(version(&headers), Some("nginx/1.22"));
        headers.insert("x-app-version", "7".parse().unwrap());
        assert_eq!(version(&headers), Some("7"));
    }
}
