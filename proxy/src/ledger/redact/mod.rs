//! Takes secrets out of what is stored or shown: headers, targets, bodies and the values of differences.
//!
//! Pure text in, text out; it knows neither who sent it nor where it goes. The surprise: nothing is parsed into a tree.
//! A body may be cut anywhere and nested to any depth, and what cannot be parsed must lose its secrets all the same.

mod json;
mod markup;
mod name;
mod text;

use std::borrow::Cow;

pub use self::text::text;

/// What stands where a secret was. It is legal in a query, a header and a JSON string.
pub const MASK: &str = "[redacted]";

/// What stands for a body that may hold secrets which cannot be found in it.
pub const OMITTED: &str = "[not kept: secrets cannot be told apart in it]";

/// Schemes that may stay in front of masked credentials. Anything else could be the secret itself.
const SCHEMES: [&str; 8] = [
    "basic",
    "bearer",
    "digest",
    "negotiate",
    "dpop",
    "token",
    "apikey",
    "aws4-hmac-sha256",
];

/// A header's value as it may be shown: credentials keep their scheme, cookies their names and attributes.
pub fn header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    match name.to_ascii_lowercase().as_str() {
        "authorization" | "proxy-authorization" => credentials(value).into(),
        "cookie" => cookies(value).into(),
        "set-cookie" => set_cookie(value).into(),
        name if name::is_secret(name) => MASK.into(),
        _ => text(value),
    }
}

/// A request target, path and query, as it may be shown.
pub fn target(target: &str) -> Cow<'_, str> {
    text::address(target)
}

/// A body as it may be shown, by its media type. Any text is searched for JSON members with secret names, since that
/// finds them in event streams and pages too.
pub fn body<'a>(media_type: Option<&str>, body: &'a str) -> Cow<'a, str> {
    let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
    if media_type.starts_with("multipart/") {
        return OMITTED.into();
    }
    if media_type.starts_with("application/x-www-form-urlencoded") {
        return text::pairs(body);
    }
    if body.trim_start().starts_with('<') {
        return markup::markup(body).into();
    }
    json::members(body)
}

/// A JSON document as it may be shown, whatever its depth.
pub fn document(document: &serde_json::Value) -> serde_json::Value {
    let written = document.to_string();
    // Members are replaced by strings, so what was JSON still is.
    serde_json::from_str(&json::members(&written)).unwrap_or_else(|_| MASK.into())
}

/// One side's value at a place of a comparison (`header:NAME`, `json:/a/*/b`) as it may be shown.
pub fn value<'a>(place: &str, value: &'a str) -> Cow<'a, str> {
    if let Some(name) = place.strip_prefix("header:") {
        let name = name.split([':', ';', '/']).next().unwrap_or_default();
        return header(name, value);
    }
    let path = place.split_once(':').map_or(place, |(_, path)| path);
    let (above, last) = path.rsplit_once('/').unwrap_or(("", path));
    let amount = name::is_amount(last, value);
    if above.split('/').any(name::is_secret) || (name::is_secret(last) && !amount) {
        return MASK.into();
    }
    json::members(value)
}

fn credentials(value: &str) -> String {
    match value.trim().split_once(' ') {
        Some((scheme, _)) if SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) => {
            format!("{scheme} {MASK}")
        }
        _ => MASK.to_owned(),
    }
}

fn cookies(value: &str) -> String {
    let shown: Vec<_> = value.split(';').map(|pair| cookie(pair.trim())).collect();
    shown.join("; ")
}

fn set_cookie(value: &str) -> String {
    match value.split_once(';') {
        Some((pair, attributes)) => format!("{};{attributes}", cookie(pair)),
        None => cookie(value),
    }
}

fn cookie(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        // A nameless cookie is all value.
        None => MASK.to_owned(),
    }
}

#[cfg(test)]
mod tests;
