//! Header values as the legacy's HTTP server hands them on.
//!
//! It must not know what any header means. The surprise: the bytes are Latin-1, not UTF-8, so a token with an accent
//! never equals the same token in the configuration, here as there.

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// The first value, for headers of which the legacy keeps one; trimmed.
pub(crate) fn first(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| trimmed(&latin1(value)))
}

/// All values joined, for headers that it joins; trimmed.
pub(crate) fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers.get_all(name).iter().map(latin1).collect();
    (!values.is_empty()).then(|| trimmed(&values.join(", ")))
}

fn latin1(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

/// Trims what JavaScript takes for white space.
pub(crate) fn trimmed(text: &str) -> String {
    let blank =
        |letter: char| letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}');
    text.trim_matches(blank).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_latin1_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("x-one", HeaderValue::from_bytes(b" \xe9\xa0").unwrap());
        headers.append("x-one", HeaderValue::from_static("b "));
        assert_eq!(joined(&headers, "x-one").unwrap(), "é\u{a0}, b");
        let one = HeaderName::from_static("x-one");
        assert_eq!(first(&headers, one).unwrap(), "é");
        assert_eq!(joined(&headers, "x-two"), None);
    }
}
