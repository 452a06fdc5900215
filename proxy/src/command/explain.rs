//! `overgrow explain`: puts a request before the table of a file, the same table that serves.

use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header};

use super::{NO, check, style};
use crate::config::{Config, RouteConfig};
use crate::route::{Because, Decision, Key, RequestHead, Side, Table, path};
use crate::sidecar::Builder;

/// Shares, not certainty: a fresh draw is made this often to show what a split does.
const DRAWS: u64 = 10_000;

/// The request as typed.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<String>,
    pub(super) client: IpAddr,
}

pub(super) fn run(builder: &Builder, file: &Path, asked: &Asked) -> ExitCode {
    let config = match check::read_or_complain(builder, file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match explain(&config, asked) {
        Ok(text) => {
            style::say(text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            style::complain(&text);
            ExitCode::from(NO)
        }
    }
}

fn explain(config: &Config, asked: &Asked) -> Result<String, String> {
    let method = Method::from_bytes(asked.method.to_ascii_uppercase().as_bytes());
    let method = method.map_err(|_| format!("{:?} is not a method", asked.method))?;
    let uri: Uri = asked
        .url
        .parse()
        .map_err(|error| format!("{:?} is not a path or URL: {error}", asked.url))?;
    let headers = headers(&asked.headers)?;
    let normal = path::of_request(&uri, Version::HTTP_11);
    let named = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let head = RequestHead {
        method: &method,
        host: named.or_else(|| uri.authority().map(|authority| authority.as_str())),
        path: &normal,
        query: uri.query(),
        headers: &headers,
        websocket: headers
            .get(header::UPGRADE)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket")),
        client: asked.client,
        forced: None,
    };
    let table = Table::new(config.rules());
    Ok(told(config, &table, &head))
}

fn headers(lines: &[String]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("{line:?} is not `name: value`"))?;
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| format!("{name:?} is not a header name"))?;
        let value = HeaderValue::from_str(value.trim())
            .map_err(|_| format!("{value:?} is not a header value"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn told(config: &Config, table: &Table, head: &RequestHead<'_>) -> String {
    let decision = table.decide(head, 0);
    if decision.route.is_none() && config.legacy.urls.is_empty() {
        return nobody(head);
    }
    let route = decision.route.map(|index| &config.routes[index]);
    let handler = route
        .and_then(|route| route.handler.as_ref())
        .map(ToString::to_string);
    let mut lines = vec![
        format!("path    {}", head.path),
        format!(
            "route   {}",
            route.map_or("- (no rule matches)", |route| &route.id)
        ),
        format!("handler {}", handler.as_deref().unwrap_or("-")),
        format!("side    {}", side(table, head, decision)),
        format!("because {}", reason(decision, route)),
    ];
    if let Some(route) = route.filter(|route| route.fallback) {
        lines.push(format!(
            "then    the legacy, when {} fails before its first byte",
            route.id
        ));
    }
    lines.join("\n")
}

fn nobody(head: &RequestHead<'_>) -> String {
    format!(
        "path    {}\nroute   - (no rule matches)\nside    none: the answer is 404\n\
         because no rule matches, and routes.toml names no legacy",
        head.path
    )
}

fn side(table: &Table, head: &RequestHead<'_>, decision: Decision) -> String {
    if !is_fresh(table, head) {
        return decision.side.name().to_owned();
    }
    let rust = (0..DRAWS)
        .filter(|draw| table.decide(head, *draw).side == Side::Rust)
        .count();
    format!(
        "rust for about {:.0} of 100 such requests, legacy for the rest",
        rust as f64 * 100.0 / DRAWS as f64
    )
}

/// Whether the answer depends on the draw.
fn is_fresh(table: &Table, head: &RequestHead<'_>) -> bool {
    let drawn = |draw| match table.decide(head, draw).because {
        Because::Drawn { drawn, .. } => Some(drawn),
        _ => None,
    };
    drawn(1) != drawn(2)
}

fn reason(decision: Decision, route: Option<&RouteConfig>) -> String {
    let sticky = route.map(|route| route.sticky.to_string());
    let sticky = sticky.unwrap_or_default();
    match decision.because {
        Because::Unmatched => "no rule matches, and what no rule takes is the legacy's".to_owned(),
        Because::NoHandler => "the route has no handler".to_owned(),
        Because::Forced => "x-overgrow-backend asked for it".to_owned(),
        Because::Off => "the dial is at 0".to_owned(),
        Because::Full => "the dial is at 100".to_owned(),
        Because::Drawn {
            dial,
            by: Key::Missing,
            ..
        } => format!("the dial is at {dial} %, and without {sticky} each request draws afresh"),
        Because::Drawn { dial, by, .. } if by.is_fresh() => {
            format!("the dial is at {dial} %, and each request draws afresh")
        }
        Because::Drawn { drawn, dial, .. } => format!(
            "{sticky} always draws {:.2} here, and rust takes what is below {dial}",
            f64::from(drawn) / 100.0
        ),
    }
}
