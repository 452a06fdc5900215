//! The table of the page's files: one line for each.
//!
//! It must not know how they are sent. The one surprise: a file that is not in the table does not exist, whatever lies in
//! the folder, so that there is no path to walk out of.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, header};
use xxhash_rust::xxh3::xxh3_128;

/// A file of the page, as it is sent.
pub(super) struct Asset {
    name: &'static str,
    /// Its media type.
    pub(super) kind: &'static str,
    pub(super) bytes: &'static [u8],
    /// Changes with the bytes and with nothing else.
    pub(super) tag: HeaderValue,
}

/// Name and bytes.
type File = (&'static str, &'static [u8]);

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("static/", $name)))),*]
    };
}

const FILES: &[File] = files![
    "index.html",
    "accept.js",
    "account.js",
    "api.js",
    "app.css",
    "app.js",
    "charts.js",
    "columns.js",
    "compare.js",
    "confirm.js",
    "dial.js",
    "differences.js",
    "dom.js",
    "format.js",
    "gate.js",
    "glance.css",
    "glance.js",
    "home.js",
    "icon.svg",
    "live.js",
    "login.js",
    "matching.js",
    "moves.js",
    "pace.js",
    "pilot.js",
    "plot.js",
    "route.css",
    "route.js",
    "row.js",
    "samples.js",
    "spark.js",
    "table.css",
    "table.js",
    "theme.js",
    "top.js",
    "uplot-license.txt",
    "uplot.css",
    "uplot.js",
    "words.js",
];

static ASSETS: LazyLock<Vec<Asset>> =
    LazyLock::new(|| FILES.iter().copied().map(Asset::of).collect());

/// The file of that name.
pub(super) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Every name of the table.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

impl Asset {
    fn of((name, bytes): File) -> Self {
        Self {
            name,
            kind: kind_of(name),
            bytes,
            tag: tag_of(bytes),
        }
    }

    /// Whether `If-None-Match` names what would be sent. Compared weakly, as RFC 9110 has it for this header.
    pub(super) fn is_known_by(&self, headers: &HeaderMap) -> bool {
        let known = headers.get_all(header::IF_NONE_MATCH).into_iter();
        let mut tags = known
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"));
        tags.any(|tag| tag == "*" || tag.as_bytes() == self.tag.as_bytes())
    }
}

/// A hash's digits are a header's value in any case; were they none, no browser would ever match.
fn tag_of(bytes: &[u8]) -> HeaderValue {
    let tag = format!("\"{:032x}\"", xxh3_128(bytes));
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"-\""))
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_the_ending() {
        for (name, kind) in [
            ("index.html", "text/html; charset=utf-8"),
            ("uplot.min.js", "text/javascript; charset=utf-8"),
            ("icon.svg", "image/svg+xml"),
            ("LICENSE", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(kind_of(name), kind);
        }
    }

    #[test]
    fn other_bytes_have_another_tag() {
        assert_ne!(tag_of(b"a"), tag_of(b"b"));
        assert_eq!(tag_of(b"a"), tag_of(b"a"));
        assert_eq!(tag_of(b"").len(), 34);
    }
}
