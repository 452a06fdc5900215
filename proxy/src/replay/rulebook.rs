//! Which rules an entry is judged under: those of the route that would take it.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, Method, Uri, Version};
use overgrow_parity::Rules;
use overgrow_parity::trace::Request;

use crate::config::Config;
use crate::route::{RequestHead, Table, path};
use crate::shadow;

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
    pub fn of_config(config: &Config) -> Self {
        let routes = config.routes.iter();
        Self {
            table: Table::new(config.rules()),
            rules: routes.map(|route| shadow::rules(&route.parity)).collect(),
            none: Rules::none(),
        }
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
