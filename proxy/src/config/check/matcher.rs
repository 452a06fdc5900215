//! The `match` key.

use http::{HeaderName, Method};
use toml::Spanned;

use crate::config::read::{Item, Section, brief};
use crate::config::value::boolean;
use crate::route::{HostPattern, Match, Pattern};

pub(super) const EXAMPLE: &str = "{ path = \"/hooks/wake\", methods = [\"POST\"] }";

/// The methods that everybody writes; others are taken as they are.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
];

/// The matcher, unless a key of it is wrong: half a matcher would take more than was meant.
pub(super) fn read(mut section: Section<'_, '_>) -> Option<Match> {
    let path = section.require(
        "path",
        "write path = \"/a/b\", \"/a/{name}\" or \"/a/*\"",
        path,
    );
    let methods = section.take("methods", methods);
    let host = section.take("host", host);
    let headers = section.take("headers", |item| {
        item.entries("{ x-user = \"ann\" }", header)
    });
    let query = section.take("query", |item| item.entries("{ v = \"2\" }", query));
    let websocket = section.take("websocket", boolean);
    section.finish(&[
        ("method", "write `methods`, a list"),
        ("header", "write `headers`, a table"),
    ]);
    Some(Match {
        path: path?.into_inner(),
        methods: methods.whole()?.unwrap_or_default(),
        host: host.whole()?,
        headers: headers.whole()?.unwrap_or_default(),
        query: query.whole()?.unwrap_or_default(),
        websocket: websocket.whole()?,
    })
}

/// A header name as it is matched, in lower case.
pub(super) fn header_name(item: &mut Item<'_, '_>, name: &str) -> Option<HeaderName> {
    match name.parse() {
        Ok(name) => Some(name),
        Err(_) => item.refuse(
            format!("`{}` is not a header name", brief(name)),
            "for example \"x-user\"",
        ),
    }
}

fn path(item: &mut Item<'_, '_>) -> Option<String> {
    let text = item.string("\"/hooks/wake\"")?;
    match Pattern::parse(text) {
        Ok(_) => Some(text.to_owned()),
        Err(error) => {
            let help = match text.strip_prefix('/') {
                Some(_) => {
                    "write \"/a/b\", \"/a/{name}\" for one segment, or \"/a/*\" for all below"
                        .to_owned()
                }
                None => format!("write \"/{}\"", brief(text)),
            };
            item.refuse(error.to_string(), help)
        }
    }
}

fn methods(item: &mut Item<'_, '_>) -> Option<Vec<Method>> {
    if let Some(one) = item.text() {
        return item.refuse(
            "expected a list, found a string",
            format!("write [\"{}\"]", brief(one)),
        );
    }
    match item.list("[\"GET\", \"POST\"]", method)? {
        none if none.is_empty() => item.refuse(
            "no method at all would match nothing",
            "leave `methods` out for all",
        ),
        some => Some(some.into_iter().map(Spanned::into_inner).collect()),
    }
}

fn method(item: &mut Item<'_, '_>) -> Option<Method> {
    let text = item.string("\"POST\"")?;
    let upper = text.to_uppercase();
    if upper != text && METHODS.contains(&upper.as_str()) {
        return item.refuse(
            format!("methods are case-sensitive: `{text}`"),
            format!("did you mean \"{upper}\"?"),
        );
    }
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) => Some(method),
        Err(_) => item.refuse(
            format!("`{}` is not a method", brief(text)),
            "for example \"POST\"",
        ),
    }
}

fn host(item: &mut Item<'_, '_>) -> Option<HostPattern> {
    let text = item.string("\"*.example.com\"")?;
    let (suffix, name) = match text.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let host = url::Host::parse(name);
    match host {
        _ if name.contains('*') => {
            item.refuse(format!("`{}` is not a host", brief(text)), host_help(text))
        }
        Ok(url::Host::Domain(name)) if suffix => Some(HostPattern::Suffix(format!(".{name}"))),
        Ok(host) if !suffix => Some(HostPattern::Exact(host.to_string())),
        _ => item.refuse(format!("`{}` is not a host", brief(text)), host_help(text)),
    }
}

fn host_help(text: &str) -> String {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split(['/', '?']).next().unwrap_or(bare);
    let bare = bare.rsplit_once(':').map_or(bare, |(host, _)| host);
    if bare != text && url::Host::parse(bare).is_ok() {
        return format!("write \"{bare}\": scheme, port and path do not belong here");
    }
    "write \"example.com\", or \"*.example.com\" for all names below it".into()
}

type Entry<T> = (T, Option<String>);

fn header(key: &Spanned<&str>, item: &mut Item<'_, '_>) -> Option<Entry<HeaderName>> {
    let value = wanted(item);
    let Ok(name) = key.get_ref().parse() else {
        let message = format!("`{}` is not a header name", brief(key.get_ref()));
        item.fault_at(key.span(), message)
            .help("for example x-user = \"ann\"");
        return None;
    };
    Some((name, value?))
}

fn query(key: &Spanned<&str>, item: &mut Item<'_, '_>) -> Option<Entry<String>> {
    Some(((*key.get_ref()).to_owned(), wanted(item)?))
}

/// `"value"`: equal to it; `true`: there.
fn wanted(item: &mut Item<'_, '_>) -> Option<Option<String>> {
    match (item.text(), item.flag()) {
        (Some(value), _) => Some(Some(value.to_owned())),
        (_, Some(true)) => Some(None),
        (_, Some(false)) => item.refuse(
            "nothing can be asked to be absent",
            "leave it out, or write true for present",
        ),
        _ => item.mismatch(
            "a string or true",
            "x-user = \"ann\", or true for any value",
        ),
    }
}
