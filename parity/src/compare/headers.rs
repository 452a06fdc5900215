//! The headers that a client acts on, each compared as a client reads it.
//!
//! All others are nobody's business here: a `date` differs by itself, an `x-powered-by` is read by no program.

use std::collections::BTreeSet;

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, LOCATION, RETRY_AFTER, SET_COOKIE,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue};

use super::diff::Context;
use super::found::{Bit, Found};
use crate::class::Relation;
use crate::rules::Spot;
use crate::{Kind, Place};

/// How a header's values are compared.
#[derive(Clone, Copy)]
enum Reading {
    /// A type and its parameters, in any case.
    MediaType,
    /// A set of words.
    Words,
    /// Present or absent.
    Presence,
    /// Seconds from now, or a time.
    Delay,
    /// As it is, but for identifiers and times.
    Exact,
    /// A URL, whose parts may be identifiers.
    Url,
}

const READ: [(HeaderName, Reading); 7] = [
    (CONTENT_TYPE, Reading::MediaType),
    (LOCATION, Reading::Url),
    (CACHE_CONTROL, Reading::Words),
    (ETAG, Reading::Presence),
    (WWW_AUTHENTICATE, Reading::Exact),
    (ALLOW, Reading::Words),
    (RETRY_AFTER, Reading::Delay),
];

/// Compares all of them but `content-encoding`, which goes with the body.
pub(super) fn compare(
    legacy: &HeaderMap,
    rust: &HeaderMap,
    found: &mut Found<'_>,
    context: &mut Context<'_>,
) {
    for (name, reading) in &READ {
        if legacy.get_all(name) == rust.get_all(name) {
            continue;
        }
        let (ours, theirs) = (joined(legacy, name), joined(rust, name));
        let kind = match (&ours, &theirs) {
            (None, None) => continue,
            (Some(_), None) => Kind::Missing,
            (None, Some(_)) => Kind::Extra,
            (Some(ours), Some(theirs)) => match reading.same(ours, theirs, context) {
                Same::Yes => continue,
                Same::ByClass => {
                    found.by_class();
                    continue;
                }
                Same::No => Kind::Header,
            },
        };
        add(found, name, kind, (ours.as_deref(), theirs.as_deref()));
    }
    cookies(legacy, rust, found, context);
}

fn add(found: &mut Found<'_>, name: &HeaderName, kind: Kind, values: (Option<&str>, Option<&str>)) {
    let place = Place::new(format!("header:{name}"));
    let bit = |value: Option<&str>| -> Option<String> { value.map(str::to_owned) };
    let (ours, theirs) = (bit(values.0), bit(values.1));
    let bits = (
        ours.as_deref().map_or(Bit::Nothing, Bit::Text),
        theirs.as_deref().map_or(Bit::Nothing, Bit::Text),
    );
    found.add((place, Spot::Header(name)), kind, bits, None);
}

/// All values of a name in one text; bytes that are no text become the sign for that.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter().map(text_of);
    let first = values.next()?;
    Some(values.fold(first, |all, value| all + ", " + &value))
}

fn text_of(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

enum Same {
    Yes,
    ByClass,
    No,
}

impl From<bool> for Same {
    fn from(same: bool) -> Self {
        if same { Self::Yes } else { Self::No }
    }
}

impl Reading {
    fn same(self, ours: &str, theirs: &str, context: &mut Context<'_>) -> Same {
        if ours == theirs {
            return Same::Yes;
        }
        match self {
            Self::Presence => Same::Yes,
            Self::MediaType => (media_type(ours) == media_type(theirs)).into(),
            Self::Words => (words(ours) == words(theirs)).into(),
            Self::Delay => delays(ours, theirs, context),
            Self::Exact => by_class(ours, theirs, context),
            Self::Url => urls(ours, theirs, context),
        }
    }
}

fn by_class(ours: &str, theirs: &str, context: &mut Context<'_>) -> Same {
    match context.relate(ours, theirs) {
        Relation::Equal | Relation::Identifiers => Same::ByClass,
        Relation::Counts | Relation::Different | Relation::OtherClass => Same::No,
    }
}

/// A countdown goes on between two answers.
fn delays(ours: &str, theirs: &str, context: &mut Context<'_>) -> Same {
    const SLACK: u64 = 2;
    match (ours.parse::<u64>(), theirs.parse::<u64>()) {
        (Ok(ours), Ok(theirs)) if ours.abs_diff(theirs) <= SLACK => Same::ByClass,
        _ => by_class(ours, theirs, context),
    }
}

/// Part by part: what was just made is found under an identifier of its own, such as `/runs/ID`.
fn urls(ours: &str, theirs: &str, context: &mut Context<'_>) -> Same {
    const BETWEEN: [char; 5] = ['/', '?', '&', '=', '#'];
    if !ours.matches(BETWEEN).eq(theirs.matches(BETWEEN)) {
        return Same::No;
    }
    let mut parts = ours.split(BETWEEN).zip(theirs.split(BETWEEN));
    let same = parts
        .all(|(one, other)| one == other || matches!(by_class(one, other, context), Same::ByClass));
    if same { Same::ByClass } else { Same::No }
}

/// The type and its parameters in lower case, quotes and blanks left out.
fn media_type(value: &str) -> (String, BTreeSet<String>) {
    let clean = |part: &str| part.trim().replace(['"', ' '], "").to_ascii_lowercase();
    let mut parts = value.split(';').map(clean);
    let essence = parts.next().unwrap_or_default();
    let is_json = essence == "application/json" || essence.ends_with("+json");
    // JSON is UTF-8 whether that is said or not (RFC 8259, 11).
    let says_nothing = |part: &str| part.is_empty() || (is_json && part == "charset=utf-8");
    (essence, parts.filter(|part| !says_nothing(part)).collect())
}

fn words(value: &str) -> BTreeSet<String> {
    let words = value
        .split(',')
        .map(|word| word.trim().to_ascii_lowercase());
    words.filter(|word| !word.is_empty()).collect()
}

/// A cookie as far as it is compared: its value is a secret of each side.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cookie {
    name: String,
    state: &'static str,
    attributes: BTreeSet<String>,
}

fn cookies(legacy: &HeaderMap, rust: &HeaderMap, found: &mut Found<'_>, context: &mut Context<'_>) {
    let (ours, theirs) = (jar(legacy), jar(rust));
    if ours == theirs && end_alike(legacy, rust, context) {
        return;
    }
    let kind = match (ours.is_empty(), theirs.is_empty()) {
        (false, true) => Kind::Missing,
        (true, false) => Kind::Extra,
        _ => Kind::Header,
    };
    let shown = |cookies: &BTreeSet<Cookie>| {
        let cookies: Vec<String> = cookies.iter().map(shown).collect();
        (!cookies.is_empty()).then(|| cookies.join(", "))
    };
    let (ours, theirs) = (shown(&ours), shown(&theirs));
    add(
        found,
        &SET_COOKIE,
        kind,
        (ours.as_deref(), theirs.as_deref()),
    );
}

/// The cookies that are left with a client: of two with one name, domain and path the later one.
fn jar(headers: &HeaderMap) -> BTreeSet<Cookie> {
    let values = headers.get_all(SET_COOKIE).iter();
    let mut jar: Vec<Cookie> = Vec::new();
    for new in values.map(|value| cookie(&text_of(value))) {
        jar.retain(|known| !known.is_replaced_by(&new));
        jar.push(new);
    }
    jar.into_iter().collect()
}

impl Cookie {
    fn is_replaced_by(&self, new: &Self) -> bool {
        self.name == new.name && self.home().eq(new.home())
    }

    /// The attributes that say whose it is.
    fn home(&self) -> impl Iterator<Item = &String> {
        let is_home = |part: &&String| part.starts_with("domain=") || part.starts_with("path=");
        self.attributes.iter().filter(is_home)
    }
}

/// Whether the same cookies end at the same time, as far as two answers can mean the same.
fn end_alike(legacy: &HeaderMap, rust: &HeaderMap, context: &mut Context<'_>) -> bool {
    let (ours, theirs) = (ends(legacy), ends(rust));
    ours.iter().all(|(name, end)| {
        let other = theirs.iter().find(|(known, _)| known == name);
        other.is_none_or(|(_, other)| end == other || context.relate(end, other) == Relation::Equal)
    })
}

/// Names of cookies, and when they expire.
fn ends(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = headers.get_all(SET_COOKIE).iter().map(text_of);
    values
        .filter_map(|value| {
            let name = value.split('=').next()?.trim().to_owned();
            let mut parts = value.split(';').map(str::trim);
            let end = parts.find_map(|part| {
                let (key, end) = part.split_once('=')?;
                key.eq_ignore_ascii_case("expires").then(|| end.to_owned())
            })?;
            Some((name, end))
        })
        .collect()
}

fn cookie(value: &str) -> Cookie {
    let mut parts = value.split(';').map(str::trim);
    let (name, value) = parts
        .next()
        .and_then(|pair| pair.split_once('='))
        .unwrap_or_default();
    let (mut attributes, mut ends) = (BTreeSet::new(), value.is_empty());
    for part in parts.filter(|part| !part.is_empty()) {
        // Paths are the one thing whose case counts.
        let part = match part.get(..5) {
            Some(key) if key.eq_ignore_ascii_case("path=") => format!("path={}", &part[5..]),
            _ => part.to_ascii_lowercase(),
        };
        ends |= part == "max-age=0" || part.starts_with("expires=thu, 01 jan 1970");
        // When it ends is a time like any other.
        let is_time = part.starts_with("expires=");
        attributes.insert(if is_time { "expires".to_owned() } else { part });
    }
    Cookie {
        name: name.to_owned(),
        state: if ends { "deleted" } else { "set" },
        attributes,
    }
}

fn shown(cookie: &Cookie) -> String {
    let attributes: Vec<&str> = cookie.attributes.iter().map(String::as_str).collect();
    format!(
        "{} {} ({})",
        cookie.name,
        cookie.state,
        attributes.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Comparison;
    use crate::rules::Rules;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn compared(
        ours: &[(&'static str, &'static str)],
        theirs: &[(&'static str, &'static str)],
    ) -> Comparison {
        let rules = Rules::none();
        let mut found = Found::new(&rules);
        let mut context = Context {
            gap: std::time::Duration::ZERO,
            names: None,
        };
        compare(&headers(ours), &headers(theirs), &mut found, &mut context);
        found.done()
    }

    #[track_caller]
    fn check(name: &'static str, ours: &'static str, theirs: &'static str, expect: Option<Kind>) {
        let line = |value: &'static str| match value {
            "" => vec![],
            value => vec![(name, value)],
        };
        let comparison = compared(&line(ours), &line(theirs));
        let kind = comparison.differences.first().map(|found| found.key.kind);
        assert_eq!(kind, expect, "{name}: {ours} | {theirs}");
    }

    #[test]
    fn each_is_read_as_a_client_reads_it() {
        let json = "application/json; charset=utf-8";
        check(
            "content-type",
            json,
            "Application/JSON;charset=\"UTF-8\"",
            None,
        );
        check("content-type", json, "application/json", None);
        check(
            "content-type",
            json,
            "application/json; charset=latin1",
            Some(Kind::Header),
        );
        check(
            "content-type",
            "text/html; charset=utf-8",
            "text/html",
            Some(Kind::Header),
        );
        check("content-type", json, "", Some(Kind::Missing));
        check(
            "cache-control",
            "no-store, private",
            "private,no-store",
            None,
        );
        check("cache-control", "no-store", "no-cache", Some(Kind::Header));
        check("etag", "\"a\"", "W/\"b\"", None);
        check("etag", "", "\"b\"", Some(Kind::Extra));
        check("allow", "GET, HEAD", "HEAD,GET", None);
        check("location", "/a", "/b", Some(Kind::Header));
        let orders = ("/orders/1700000001", "/orders/1700000002");
        check("location", orders.0, orders.1, Some(Kind::Header));
        let run = "/runs/908906f5-6f4d-467f-bf03-382e0a9aa33f?full=1";
        let other = "/runs/01234567-6f4d-467f-bf03-382e0a9aa33f?full=1";
        check("location", run, other, None);
        check("location", run, "/runs/none?full=1", Some(Kind::Header));
        let moved = "/runs/01234567-6f4d-467f-bf03-382e0a9aa33f/full/1";
        check("location", run, moved, Some(Kind::Header));
        check("retry-after", "30", "31", None);
        check("retry-after", "30", "60", Some(Kind::Header));
        check("x-powered-by", "Express", "", None);
        check("date", "a", "b", None);
    }

    #[test]
    fn of_a_cookie_that_is_set_twice_the_last_counts() {
        let (set, deleted) = (
            ("set-cookie", "s=1; Path=/"),
            ("set-cookie", "s=; Path=/; Max-Age=0"),
        );
        let elsewhere = ("set-cookie", "s=1; Path=/a");
        let is_same = |ours: &[_], theirs: &[_]| compared(ours, theirs).differences.is_empty();
        assert!(!is_same(&[set, deleted], &[deleted, set]));
        assert!(is_same(&[deleted, set], &[set]));
        assert!(is_same(&[set, elsewhere], &[elsewhere, set]));
        assert!(!is_same(&[set, elsewhere], &[set]));
    }

    #[test]
    fn no_value_of_many_is_left_out() {
        let (json, html) = (
            ("content-type", "application/json"),
            ("content-type", "text/html"),
        );
        assert_eq!(compared(&[json], &[json, html]).differences.len(), 1);
    }

    #[test]
    fn cookies_are_compared_by_name_and_attributes() {
        check(
            "set-cookie",
            "s=1; Path=/; HttpOnly",
            "s=2; httponly; path=/",
            None,
        );
        check("set-cookie", "s=1; Path=/", "s=1", Some(Kind::Header));
        check("set-cookie", "s=1", "t=1", Some(Kind::Header));
        check(
            "set-cookie",
            "s=1; Path=/a",
            "s=1; path=/A",
            Some(Kind::Header),
        );
        check("set-cookie", "s=1", "s=; Max-Age=0", Some(Kind::Header));
        check("set-cookie", "s=1", "", Some(Kind::Missing));
        check(
            "set-cookie",
            "s=1; Expires=Sat, 21 Nov 2026 08:53:48 GMT",
            "s=1; Expires=Sun, 22 Nov 2026 08:53:48 GMT",
            Some(Kind::Header),
        );
        check(
            "set-cookie",
            "s=1; Expires=Sat, 21 Nov 2026 08:53:48 GMT",
            "s=1; Expires=Sat, 21 Nov 2026 08:53:49 GMT",
            None,
        );
        let shown = compared(&[("set-cookie", "sid=secret; Path=/")], &[]);
        let legacy = shown.differences[0].legacy.clone();
        assert_eq!(legacy.as_deref(), Some("sid set (path=/)"));
    }
}
