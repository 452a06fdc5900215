//! Random rules and requests from a small alphabet, so that they meet often.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Dial, HostPattern, Match, RequestHead, Rule, Side, Sticky};

/// A request that owns what a head borrows.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) host: Option<&'static str>,
    pub(super) path: String,
    pub(super) query: Option<&'static str>,
    pub(super) headers: HeaderMap,
    pub(super) websocket: bool,
    pub(super) client: IpAddr,
    pub(super) forced: Option<Side>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: Method::GET,
            host: None,
            path: "/".to_owned(),
            query: None,
            headers: HeaderMap::new(),
            websocket: false,
            client: Ipv4Addr::LOCALHOST.into(),
            forced: None,
        }
    }
}

impl Request {
    pub(super) fn get(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
        self
    }

    pub(super) fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            host: self.host,
            path: &self.path,
            query: self.query,
            headers: &self.headers,
            websocket: self.websocket,
            client: self.client,
            forced: self.forced,
        }
    }
}

/// A handled rule at 25 percent.
pub(super) fn rule(path: &str) -> Rule {
    let matcher = Match {
        path: path.to_owned(),
        ..Match::default()
    };
    Rule {
        id: path.into(),
        matcher,
        dial: Dial::from_percent(25.0).unwrap(),
        sticky: Sticky::Request,
        handled: true,
    }
}

pub(super) fn rules() -> impl Strategy<Value = Vec<Rule>> {
    vec(matches(), 0..24).prop_map(|all| {
        all.into_iter()
            .map(|matcher| Rule {
                matcher,
                ..rule("/")
            })
            .collect()
    })
}

fn matches() -> impl Strategy<Value = Match> {
    let names = || select(vec!["a", "b"]);
    let values = || option::of(select(vec!["1", "2"]).prop_map(str::to_owned));
    (
        patterns(),
        vec(select(vec![Method::GET, Method::POST]), 0..2),
        option::weighted(0.4, hosts()),
        vec((names().prop_map(HeaderName::from_static), values()), 0..2),
        vec((names().prop_map(str::to_owned), values()), 0..2),
        option::weighted(0.2, any::<bool>()),
    )
        .prop_map(|(path, methods, host, headers, query, websocket)| Match {
            path,
            methods,
            host,
            headers,
            query,
            websocket,
        })
}

fn patterns() -> impl Strategy<Value = String> {
    let segments = vec(select(vec!["a", "b", "", "{}"]), 0..4);
    (segments, any::<bool>()).prop_map(|(segments, below)| {
        let named = segments
            .iter()
            .enumerate()
            .map(|(at, segment)| segment.replace("{}", &format!("{{n{at}}}")));
        let path: String = named.map(|segment| format!("/{segment}")).collect();
        match (below, path.is_empty()) {
            (true, _) => path + "/*",
            (false, true) => "/".to_owned(),
            (false, false) => path,
        }
    })
}

fn hosts() -> impl Strategy<Value = HostPattern> {
    let exact =
        select(vec!["x.y", "z.x.y", "z"]).prop_map(|name| HostPattern::Exact(name.to_owned()));
    let suffix = select(vec![".y", ".x.y"]).prop_map(|name| HostPattern::Suffix(name.to_owned()));
    prop_oneof![exact, suffix]
}

pub(super) fn requests() -> impl Strategy<Value = Request> {
    (
        select(vec![Method::GET, Method::POST, Method::PUT]),
        option::weighted(0.8, select(vec!["x.y", "Z.X.Y:80", "z.", "q.y", "y"])),
        vec(select(vec!["a", "b", "", "c"]), 1..5),
        option::weighted(0.7, select(vec!["a=1", "a=2&b=1", "b", "%61=1&a=2"])),
        vec((select(vec!["a", "b"]), select(vec!["1", "2"])), 0..3),
        any::<bool>(),
    )
        .prop_map(|(method, host, segments, query, headers, websocket)| {
            let path = format!("/{}", segments.join("/"));
            let request = Request {
                method,
                host,
                path,
                query,
                websocket,
                ..Request::default()
            };
            headers.into_iter().fold(request, |request, (name, value)| {
                request.header(name, value)
            })
        })
}
