//! Which rules an entry is judged under: those of the route that would take it.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, Method, Uri, Version};
use overgrow_parity::trace::Request;
use overgrow_parity::{Expect, Rules, Written};

use crate::config::{Config, ExpectedDifference, ParityConfig};
use crate::route::{RequestHead, Table, path};

/// The rules of every route.
pub struct Rulebook {
    table: Table,
    rules: Vec<Rules>,
    none: Rules,
}

impl Rulebook {
    /// Without any rule.
    pub fn empty() -> Self {
        Self {
            table: Table::new(Vec::new()),
            rules: Vec::new(),
            none: Rules::none(),
        }
    }

    /// The rules of a checked `routes.toml`.
    ///
    /// # Errors
    /// The route and what is wrong with its rules.
    pub fn of_config(config: &Config) -> Result<Self, String> {
        let compiled = config.routes.iter().map(|route| {
            let rules = Rules::compile(&written(&route.parity));
            rules.map_err(|error| format!("route {}: {error}", route.id))
        });
        Ok(Self {
            table: Table::new(config.rules()),
            rules: compiled.collect::<Result<_, _>>()?,
            none: Rules::none(),
        })
    }

    /// The rules for a request; none when no route takes it, or its target is nothing that a route could take.
    pub(super) fn of(&self, request: &Request) -> &Rules {
        let route = self.route(request);
        route
            .and_then(|index| self.rules.get(index))
            .unwrap_or(&self.none)
    }

    fn route(&self, request: &Request) -> Option<usize> {
        let method = Method::from_bytes(request.method.as_bytes()).ok()?;
        let uri: Uri = request.target.parse().ok()?;
        let headers = request.header_map();
        let normal = path::of_request(&uri, Version::HTTP_11);
        let head = RequestHead {
            method: &method,
            host: host(&headers).or_else(|| uri.authority().map(|authority| authority.as_str())),
            path: &normal,
            query: uri.query(),
            headers: &headers,
            websocket: is_websocket(&headers),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            forced: None,
        };
        self.table.decide(&head, 0).route
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::HOST)?.to_str().ok()
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(http::header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn written(config: &ParityConfig) -> Written {
    Written {
        ignore: config.ignore.clone(),
        unordered: config.unordered.clone(),
        keyed: config.keyed.clone(),
        tolerance: config.tolerance.clone(),
        expect: config.expect.iter().map(expect).collect(),
    }
}

fn expect(expected: &ExpectedDifference) -> Expect {
    // What TOML can write, JSON can: a date becomes its text.
    let value = |value: &toml::Value| serde_json::to_value(value).unwrap_or_default();
    Expect {
        at: expected.at.clone(),
        legacy: expected.legacy.as_ref().map(value),
        rust: expected.rust.as_ref().map(value),
        why: expected.why.clone(),
    }
}
