//! Which paths a plugin answers at: what it asks for, what it was granted, and which of its routes a request is for.
//!
//! Paths are compared as they came, not decoded. The surprise: a prefix means the path itself and what is below it, as
//! `/x/*` does in routes.toml, so that `/voice` is no prefix of `/voicemail`.

use http::Method;

use crate::wit::webhook::{PathMatch, Route};

/// The routes that one version of a plugin asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes(Vec<Route>);

/// Which route a request is for.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// This one.
    Route(&'a Route),
    /// None, for this method; with these there is one.
    Methods(Vec<&'a str>),
    /// None.
    Nothing,
}

/// Why a route that a plugin asks for is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteFault {
    /// It does not begin with `/`, or goes on with what is no path.
    #[error("route `{id}` is at `{path}`, which is no path")]
    NoPath {
        /// The plugin's name for it.
        id: String,
        /// Where it should be.
        path: String,
    },
    /// The operator granted other paths.
    #[error(
        "route `{id}` is at `{path}`, which is not granted: add webhook = [\"{path}\"] to [plugins.{plugin}]"
    )]
    NotGranted {
        /// The plugin's name for it.
        id: String,
        /// Where it should be, as a grant would say it.
        path: String,
        /// Whose route.
        plugin: String,
    },
}

impl Routes {
    /// Takes a plugin's routes, each of which must lie within its grant.
    ///
    /// # Errors
    /// The first that does not.
    pub(crate) fn new(
        plugin: &str,
        routes: Vec<Route>,
        granted: &[String],
    ) -> Result<Self, RouteFault> {
        for route in &routes {
            check(plugin, route, granted)?;
        }
        Ok(Self(routes))
    }

    /// The route for a request: an exact path before a prefix, a longer prefix before a shorter one.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let mut here: Vec<_> = self.0.iter().filter(|route| covers(route, path)).collect();
        here.sort_by_key(|route| std::cmp::Reverse(rank(route)));
        if let Some(route) = here.iter().find(|route| takes(route, method)) {
            return Found::Route(route);
        }
        let methods = here.iter().flat_map(|route| &route.methods);
        let methods: Vec<_> = methods.map(String::as_str).collect();
        match methods.is_empty() {
            true => Found::Nothing,
            false => Found::Methods(methods),
        }
    }

    /// All of them, for people.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }
}

/// How a grant would say a route's path.
pub(crate) fn written(path: &PathMatch) -> String {
    match path {
        PathMatch::Exact(path) => path.clone(),
        PathMatch::Prefix(path) => format!("{}/*", path.trim_end_matches('/')),
    }
}

fn check(plugin: &str, route: &Route, granted: &[String]) -> Result<(), RouteFault> {
    let (PathMatch::Exact(path) | PathMatch::Prefix(path)) = &route.path;
    if !is_path(path) {
        return Err(RouteFault::NoPath {
            id: route.id.clone(),
            path: path.clone(),
        });
    }
    let granted = granted.iter().any(|grant| admits(grant, &route.path));
    granted.then_some(()).ok_or_else(|| RouteFault::NotGranted {
        id: route.id.clone(),
        path: written(&route.path),
        plugin: plugin.to_owned(),
    })
}

/// A path as a request line has it: nothing that would be taken for a query or a wildcard.
fn is_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'*');
    path.starts_with('/') && path.bytes().all(plain)
}

fn admits(grant: &str, path: &PathMatch) -> bool {
    match (grant.strip_suffix("/*"), path) {
        (Some(base), PathMatch::Exact(path) | PathMatch::Prefix(path)) => {
            below(base, path.trim_end_matches('/'))
        }
        (None, PathMatch::Exact(path)) => grant == path,
        (None, PathMatch::Prefix(_)) => false,
    }
}

fn covers(route: &Route, path: &str) -> bool {
    match &route.path {
        PathMatch::Exact(exact) => exact == path,
        PathMatch::Prefix(prefix) => below(prefix.trim_end_matches('/'), path),
    }
}

/// Whether a path is `base` or below it.
fn below(base: &str, path: &str) -> bool {
    let rest = path.strip_prefix(base);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn rank(route: &Route) -> (bool, usize) {
    match &route.path {
        PathMatch::Exact(path) => (true, path.len()),
        PathMatch::Prefix(path) => (false, path.len()),
    }
}

fn takes(route: &Route, method: &Method) -> bool {
    route.methods.is_empty() || route.methods.iter().any(|name| name == method.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(path: &str) -> PathMatch {
        PathMatch::Exact(path.to_owned())
    }

    fn prefix(path: &str) -> PathMatch {
        PathMatch::Prefix(path.to_owned())
    }

    fn route(id: &str, path: PathMatch, methods: &[&str]) -> Route {
        Route {
            id: id.to_owned(),
            path,
            methods: methods.iter().map(|&name| name.to_owned()).collect(),
            max_body: 1024,
        }
    }

    fn granted(grant: &str, path: PathMatch) -> bool {
        Routes::new("p", vec![route("r", path, &[])], &[grant.to_owned()]).is_ok()
    }

    #[test]
    fn routes_lie_within_what_is_granted() {
        assert!(granted("/webhook/zalo", exact("/webhook/zalo")));
        assert!(granted("/voice/*", exact("/voice/webhook")));
        assert!(granted("/voice/*", exact("/voice")));
        assert!(granted("/voice/*", prefix("/voice/")));
        assert!(granted("/*", prefix("/")));
        for (grant, path) in [
            ("/webhook/zalo", prefix("/webhook/zalo")),
            ("/webhook/zalo", exact("/webhook/zalouser")),
            ("/voice/*", exact("/voicemail")),
            ("/voice/*", prefix("/")),
            ("/*", exact("voice")),
            ("/*", exact("/voice?x=1")),
            ("/*", exact("/voice/*")),
        ] {
            assert!(!granted(grant, path.clone()), "{grant} {path:?}");
        }
        assert!(Routes::new("p", vec![route("r", exact("/x"), &[])], &[]).is_err());
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        let fault = Routes::new("voice", vec![route("hook", prefix("/v/"), &[])], &[]);
        let text = fault.expect_err("not granted").to_string();
        assert!(
            text.contains("add webhook = [\"/v/*\"] to [plugins.voice]"),
            "{text}"
        );
    }

    fn find(routes: &[Route], method: Method, path: &str) -> String {
        match Routes(routes.to_vec()).find(&method, path) {
            Found::Route(route) => route.id.clone(),
            Found::Methods(methods) => methods.join(", "),
            Found::Nothing => "-".to_owned(),
        }
    }

    #[test]
    fn the_closest_route_that_takes_the_method_answers() {
        let routes = [
            route("all", prefix("/v"), &[]),
            route("deep", prefix("/v/deep/"), &["POST"]),
            route("one", exact("/v/deep/one"), &["PUT"]),
            route("post", exact("/p"), &["POST"]),
            route("get", exact("/p"), &["GET"]),
        ];
        let cases = [
            (Method::POST, "/v", "all"),
            (Method::POST, "/v/x", "all"),
            (Method::POST, "/v/deep/one", "deep"),
            (Method::PUT, "/v/deep/one", "one"),
            (Method::GET, "/v/deep/one", "all"),
            (Method::POST, "/vx", "-"),
            (Method::GET, "/p", "get"),
            (Method::PUT, "/p", "POST, GET"),
            (Method::GET, "/%76", "-"),
        ];
        for (method, path, expect) in cases {
            assert_eq!(find(&routes, method, path), expect, "{path}");
        }
    }
}
