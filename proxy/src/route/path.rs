//! The path of a request target as the legacy's URL parser reads it.
//!
//! A Node gateway routes on `new URL(req.url, base).pathname`, so this is the path half of the WHATWG URL parser and
//! nothing else; it knows neither rules nor backends, and the target that is forwarded stays untouched. The one
//! surprise: an origin-form target that starts with two slashes names a host there, so `//hooks/wake` is the path
//! `/wake`.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::{Uri, Version};

use super::authority;

/// The path of a target that names none: the legacy fails on it, and no pattern matches it.
pub const UNREADABLE: &str = "";

/// The normal path of a request target as it is written in the request line.
///
/// Borrows when nothing needs changing. Gives [`UNREADABLE`] where the legacy's parser fails (`//`), for schemes other
/// than `http` and `https`, and for a host that only a full IDNA implementation could judge.
pub fn normalise(target: &str) -> Cow<'_, str> {
    if target == "*" {
        return Cow::Borrowed("/*");
    }
    match after_scheme(target) {
        Some(rest) => after_authority(rest),
        None if target.starts_with('/') => clean(before_query(target)),
        None => Cow::Borrowed(UNREADABLE),
    }
}

/// The normal path of a parsed request: what [`normalise`] gives for the target that goes to the legacy.
///
/// The version matters because an HTTP/2 request always carries scheme and authority beside its `:path`, which is
/// forwarded in origin-form, while in HTTP/1 a scheme means that the client wrote the absolute form.
pub fn of_request(uri: &Uri, version: Version) -> Cow<'_, str> {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(host)) if version <= Version::HTTP_11 => {
            if is_web(scheme) && authority::is_plain(host.as_str()) {
                clean(uri.path())
            } else {
                Cow::Borrowed(UNREADABLE)
            }
        }
        _ => normalise(uri.path()),
    }
}

/// The normal form of an absolute path without query: dot segments resolved, backslashes turned, and the characters
/// escaped that a URL's path cannot hold. Escapes that are there already stay as they are.
pub(super) fn clean(path: &str) -> Cow<'_, str> {
    if is_clean(path.as_bytes()) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len() + 16);
    let mut segments = path.split(is_slash).skip(1).peekable();
    while let Some(segment) = segments.next() {
        match Dots::of(segment.as_bytes()) {
            None => {
                out.push('/');
                escape_into(&mut out, segment);
                continue;
            }
            Some(Dots::Parent) => out.truncate(out.rfind('/').unwrap_or(0)),
            Some(Dots::Current) => {}
        }
        if segments.peek().is_none() {
            out.push('/');
        }
    }
    Cow::Owned(out)
}

/// A segment that moves instead of naming something.
enum Dots {
    Current,
    Parent,
}

impl Dots {
    fn of(segment: &[u8]) -> Option<Self> {
        let rest = strip_dot(segment)?;
        if rest.is_empty() {
            return Some(Self::Current);
        }
        strip_dot(rest)?.is_empty().then_some(Self::Parent)
    }
}

/// What follows the slashes that introduce an authority, when the target has one.
fn after_scheme(target: &str) -> Option<&str> {
    let rest = match target.as_bytes() {
        [b'/', b'/' | b'\\', ..] => target,
        [b'/', ..] => return None,
        _ => {
            target
                .split_once("://")
                .filter(|(scheme, _)| is_web(scheme))?
                .1
        }
    };
    Some(rest.trim_start_matches(is_slash))
}

fn after_authority(rest: &str) -> Cow<'_, str> {
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    match before_query(rest) {
        _ if !authority::is_plain(host) => Cow::Borrowed(UNREADABLE),
        "" => Cow::Borrowed("/"),
        path => clean(path),
    }
}

fn before_query(target: &str) -> &str {
    let end = target.bytes().position(|byte| byte == b'?' || byte == b'#');
    end.map_or(target, |end| &target[..end])
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn is_slash(c: char) -> bool {
    c == '/' || c == '\\'
}

/// One scan: no byte to escape or turn, and no dot segment after any slash.
fn is_clean(path: &[u8]) -> bool {
    path.iter().enumerate().all(|(at, &byte)| match byte {
        b'/' => !starts_with_dots(&path[at + 1..]),
        b'\\' => false,
        _ => !is_escaped(byte),
    })
}

/// Whether the first segment of `rest` is a dot segment. Nearly always answered by its first byte.
fn starts_with_dots(rest: &[u8]) -> bool {
    if !matches!(rest.first(), Some(b'.' | b'%')) {
        return false;
    }
    let end = rest.iter().position(|&byte| byte == b'/' || byte == b'\\');
    Dots::of(&rest[..end.unwrap_or(rest.len())]).is_some()
}

fn strip_dot(segment: &[u8]) -> Option<&[u8]> {
    match segment {
        [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// The URL standard's path percent-encode set. `^` joined it in 2023, yet Node 20 leaves it alone, and so do we:
/// the legacy's reading is the one that counts.
fn is_escaped(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | 0x7f..)
}

fn escape_into(out: &mut String, segment: &str) {
    for c in segment.chars() {
        if c.is_ascii() && !is_escaped(c as u8) {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests;
