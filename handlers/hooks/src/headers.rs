//! Request headers as Node gives them to the gateway.
//!
//! The surprise: a value is decoded as Latin-1, one letter per byte, and of a header that came twice Node keeps the
//! first, or joins both, depending on its name.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::js::Text;

/// Headers that Node keeps the first of.
const SINGLE: [HeaderName; 18] = [
    header::AGE,
    header::AUTHORIZATION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::ETAG,
    header::EXPIRES,
    header::FROM,
    header::HOST,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::LAST_MODIFIED,
    header::LOCATION,
    header::MAX_FORWARDS,
    header::PROXY_AUTHORIZATION,
    header::REFERER,
    header::SERVER,
    header::RETRY_AFTER,
    header::USER_AGENT,
];

/// One header's value, joined as Node joins it; `None` when it is absent.
pub(crate) fn value(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let first = latin1(values.next()?);
    if SINGLE.contains(name) {
        return Some(first);
    }
    let mark = if name == header::COOKIE { "; " } else { ", " };
    Some(values.fold(first, |joined, value| joined + mark + &latin1(value)))
}

/// All headers with lower-case names. `__proto__` is missing, as it is in JavaScript, where it would set an object's
/// prototype.
pub(crate) fn all(headers: &HeaderMap) -> impl Iterator<Item = (Text, Text)> + '_ {
    let names = headers.keys().filter(|name| name.as_str() != "__proto__");
    names.filter_map(|name| {
        Some((
            Text::from(name.as_str()),
            Text::from(&*value(headers, name)?),
        ))
    })
}

fn latin1(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Node 22 printed of two headers of each name with the values `a` and `b`.
    #[test]
    fn headers_that_come_twice_are_kept_or_joined_as_in_node() {
        let check = |name: &'static str, joined: &str| {
            let name = HeaderName::from_static(name);
            let mut headers = HeaderMap::new();
            headers.append(&name, HeaderValue::from_static("a"));
            headers.append(&name, HeaderValue::from_static("b"));
            assert_eq!(value(&headers, &name).as_deref(), Some(joined), "{name}");
        };
        check("authorization", "a");
        check("content-type", "a");
        check("host", "a");
        check("user-agent", "a");
        check("retry-after", "a");
        check("cookie", "a; b");
        check("set-cookie", "a, b");
        check("date", "a, b");
        check("x-openclaw-token", "a, b");
    }

    #[test]
    fn bytes_are_letters_of_latin_1() {
        let mut headers = HeaderMap::new();
        let bytes = HeaderValue::from_bytes(b"\xc3\xa9").unwrap();
        headers.insert("x-name", bytes);
        headers.insert("__proto__", HeaderValue::from_static("x"));
        let all: Vec<_> = all(&headers).collect();
        assert_eq!(all, [(Text::from("x-name"), Text::from("Ã©"))]);
    }
}
