//! The sidecar's `routes.toml` as the bench uses it: a thousand routes, and the one under test at the end.
//!
//! It must not know how the sidecar is started. The surprise: the catch-all comes last on purpose, so that a table that is walked from
//! the top would show.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

/// Routes in front of the one that answers.
pub const ROUTES: usize = 999;

/// Who answers the catch-all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// The legacy, by having no handler.
    Legacy,
    /// A handler, all of it.
    Rust(String),
    /// The handler of hooks, which reads the settings of the gateway behind it.
    Hooks,
    /// A handler is there, and the legacy still answers.
    Waiting(String),
    /// The legacy answers, and the handler is asked the same off the client's path.
    Shadowed {
        /// Who is asked.
        handler: String,
        /// Percent of the requests.
        sample: u8,
    },
}

/// Where the sidecar listens, what is behind it and where it keeps its data.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Traffic.
    pub listen: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// The legacy.
    pub legacy: SocketAddr,
    /// The data folder.
    pub data: &'a Path,
}

/// The whole file; the place of the settings is left to fill in.
pub fn routes(places: Places<'_>, side: &Side) -> String {
    let mut file = server(places);
    if *side == Side::Hooks {
        file.push_str("config = \"{settings}\"\n");
    }
    for index in 0..ROUTES {
        file.push_str(&route(index));
    }
    file.push_str(&catch_all(side));
    file
}

fn server(places: Places<'_>) -> String {
    let Places {
        listen,
        admin,
        legacy,
        data,
    } = places;
    let data = data.display();
    format!(
        "[server]\nlisten = \"{listen}\"\nadmin = \"{admin}\"\nthreads = 1\ndata = \"{data}\"\n\n\
         [legacy]\nurl = \"http://{legacy}\"\n"
    )
}

/// A third each of exact paths, paths with a name in them, and prefixes.
fn route(index: usize) -> String {
    let path = match index % 3 {
        0 => format!("/api/v1/exact-{index}"),
        1 => format!("/api/v1/named-{index}/{{id}}"),
        _ => format!("/api/v1/below-{index}/*"),
    };
    format!("\n[[route]]\nid = \"route-{index}\"\nmatch = {{ path = \"{path}\" }}\n")
}

fn catch_all(side: &Side) -> String {
    let mut route =
        String::from("\n[[route]]\nid = \"everything-else\"\nmatch = { path = \"/*\" }\n");
    let (handler, rust) = match side {
        Side::Legacy => return route,
        Side::Rust(handler) => (handler.as_str(), true),
        Side::Hooks => ("hooks", true),
        Side::Waiting(handler) | Side::Shadowed { handler, .. } => (handler.as_str(), false),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(route, "handler = \"{handler}\"\nrust = {rust}");
    if let Side::Shadowed { sample, .. } = side {
        let _ = writeln!(route, "shadow = {{ sample = {sample} }}");
    }
    route
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(side: Side, last: &str) {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let places = Places {
            listen: address,
            admin: address,
            legacy: address,
            data: Path::new("/d"),
        };
        let file = routes(places, &side);
        assert_eq!(file.matches("[[route]]").count(), ROUTES + 1);
        assert!(file.ends_with(last), "{file}");
    }

    #[test]
    fn the_catch_all_is_the_thousandth_route() {
        check(Side::Legacy, "match = { path = \"/*\" }\n");
        check(
            Side::Rust("native".into()),
            "handler = \"native\"\nrust = true\n",
        );
        check(Side::Hooks, "handler = \"hooks\"\nrust = true\n");
        check(
            Side::Waiting("http://a".into()),
            "handler = \"http://a\"\nrust = false\n",
        );
        check(
            Side::Shadowed {
                handler: "http://a".into(),
                sample: 100,
            },
            "rust = false\nshadow = { sample = 100 }\n",
        );
    }
}
