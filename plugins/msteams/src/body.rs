//! The body of a webhook, read as the legacy's `express.json()` reads one.
//!
//! It must not know the host. The surprise: a body of another type is not an error here but no body, and who is let in
//! is asked before that is found out. Compressed bodies are not taken: the Bot Framework sends none, and a small one
//! can become a large one.

use serde_json::{Map, Value};

/// Largest body, bytes: 100 KiB, as there.
pub const LIMIT: usize = 100 * 1024;

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is no JSON, or neither an object nor a list.
    Malformed,
    /// It is longer than [`LIMIT`].
    TooLarge,
    /// It is in a character set or an encoding that is not read.
    Unsupported,
}

/// Reads it; `None` when there is none that is JSON.
pub fn read(headers: &[(String, String)], body: &[u8]) -> Result<Option<Value>, Fault> {
    let sent = ["content-length", "transfer-encoding"]
        .iter()
        .any(|name| header(headers, name).is_some());
    let Some(kind) = header(headers, "content-type").filter(|_| sent) else {
        return Ok(None);
    };
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Ok(None);
    }
    let coding = header(headers, "content-encoding").unwrap_or("identity");
    if !is_utf8(parameters) || !coding.trim().eq_ignore_ascii_case("identity") {
        return Err(Fault::Unsupported);
    }
    if body.len() > LIMIT {
        return Err(Fault::TooLarge);
    }
    parse(body).map(Some)
}

/// The value of a header, whatever the case of its name.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn is_utf8(parameters: &str) -> bool {
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    charset.is_none_or(|value| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

fn parse(body: &[u8]) -> Result<Value, Fault> {
    let text = String::from_utf8_lossy(body);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let value: Value = serde_json::from_str(text).map_err(|_| Fault::Malformed)?;
    let whole = value.is_object() || value.is_array();
    whole.then_some(value).ok_or(Fault::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, body: &str) -> Result<Option<Value>, Fault> {
        read(
            &heads(&[("Content-Type", kind), ("Content-Length", "1")]),
            body.as_bytes(),
        )
    }

    fn heads(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn json_is_read() {
        assert_eq!(
            of("application/json", "{\"a\":1}"),
            Ok(Some(json!({"a": 1})))
        );
        assert_eq!(
            of("Application/JSON; Charset=\"UTF-8\"", " [1]"),
            Ok(Some(json!([1])))
        );
        assert_eq!(of("application/json", "\u{feff}{}"), Ok(Some(json!({}))));
        assert_eq!(of("application/json", ""), Ok(Some(json!({}))));
    }

    #[test]
    fn what_is_no_json_is_an_error_and_another_type_is_none() {
        for body in ["{bad", "\"x\"", "7", "null", " ", "{} {}"] {
            assert_eq!(
                of("application/json", body),
                Err(Fault::Malformed),
                "{body}"
            );
        }
        for kind in [
            "text/plain",
            "application/vnd.api+json",
            "",
            "application/jsonx",
        ] {
            assert_eq!(of(kind, "{}"), Ok(None), "{kind}");
        }
        assert_eq!(
            read(&heads(&[("content-type", "application/json")]), b"{}"),
            Ok(None)
        );
    }

    #[test]
    fn other_encodings_and_long_bodies_are_refused() {
        assert_eq!(
            of("application/json; charset=latin1", "{}"),
            Err(Fault::Unsupported)
        );
        let packed = heads(&[
            ("content-type", "application/json"),
            ("content-length", "2"),
            ("content-encoding", "gzip"),
        ]);
        assert_eq!(read(&packed, b"{}"), Err(Fault::Unsupported));
        assert_eq!(
            of("application/json", &" ".repeat(LIMIT + 1)),
            Err(Fault::TooLarge)
        );
        assert_eq!(
            of(
                "application/json",
                &format!("{}{{}}", " ".repeat(LIMIT - 2))
            ),
            Ok(Some(json!({})))
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let heads = heads(&[
            ("content-type", "application/json"),
            ("content-length", "9"),
        ]);
        assert_eq!(
            read(&heads, b"{\"a\":\"\xff\"}"),
            Ok(Some(json!({"a": "\u{fffd}"})))
        );
        assert_eq!(
            of("application/json", &"[".repeat(50_000)),
            Err(Fault::Malformed)
        );
    }
}
