//! What the provider gets, as the legacy's express writes it.
//!
//! It must not know why. Pages of errors are those that express shows in production: the others tell where its files
//! are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::json;
use sha1::{Digest, Sha1};

use crate::body::Fault;

/// Status, headers and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A status and nothing else.
    pub fn bare(status: u16) -> Self {
        Self {
            status,
            headers: vec![named("X-Powered-By", "Express")],
            body: String::new(),
        }
    }

    /// To an invoke, which is told that JSON follows even where nothing does.
    pub fn invoked(status: u16) -> Self {
        let mut answer = Self::bare(status);
        answer
            .headers
            .push(named("content-type", "application/json"));
        answer
    }

    /// Why somebody is not let in.
    pub fn refused(status: u16, why: &str) -> Self {
        let body = json!({ "jwt-auth-error": why }).to_string();
        let mut answer = Self::bare(status);
        answer
            .headers
            .push(named("Content-Type", "application/json; charset=utf-8"));
        answer.headers.push(named("ETag", &tag(&body)));
        answer.body = body;
        answer
    }

    /// There is no such thing here.
    pub fn missing(method: &str, path: &str) -> Self {
        Self::page(404, &format!("Cannot {method} {path}"))
    }

    /// A body that was not taken.
    pub fn unread(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::page(400, "Bad Request"),
            Fault::TooLarge => Self::page(413, "Payload Too Large"),
            Fault::Unsupported => Self::page(415, "Unsupported Media Type"),
        }
    }

    fn page(status: u16, text: &str) -> Self {
        let text = escaped(text);
        let mut answer = Self::bare(status);
        answer.headers.extend([
            named("Content-Security-Policy", "default-src 'none'"),
            named("X-Content-Type-Options", "nosniff"),
            named("Content-Type", "text/html; charset=utf-8"),
        ]);
        answer.body = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n\
             <body>\n<pre>{text}</pre>\n</body>\n</html>\n"
        );
        answer
    }
}

fn named(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The weak tag that express gives what it sends: length and SHA-1.
fn tag(body: &str) -> String {
    let hash = STANDARD_NO_PAD.encode(Sha1::digest(body.as_bytes()));
    format!("W/\"{:x}-{hash}\"", body.len())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As @microsoft/agents-hosting 1.2.3 on express 5 answered.
    #[test]
    fn refusals_are_those_of_the_legacy() {
        let answer = Answer::refused(401, "authorization header not found");
        assert_eq!(
            answer.body,
            "{\"jwt-auth-error\":\"authorization header not found\"}"
        );
        let tag = (
            "ETag".to_owned(),
            "W/\"33-oQCPifV28vHXTz9u9QhaG4VItgU\"".to_owned(),
        );
        assert!(answer.headers.contains(&tag), "{answer:?}");
        let answer = Answer::refused(405, "Method not allowed");
        let tag = (
            "ETag".to_owned(),
            "W/\"27-PLHFLZ4fVA+FYRmhXoEZla0wP6w\"".to_owned(),
        );
        assert!(answer.headers.contains(&tag), "{answer:?}");
    }

    #[test]
    fn pages_are_as_long_as_those_of_the_legacy() {
        assert_eq!(Answer::unread(Fault::Malformed).body.len(), 138);
        assert_eq!(Answer::unread(Fault::Unsupported).body.len(), 149);
        assert_eq!(Answer::unread(Fault::TooLarge).body.len(), 144);
    }

    #[test]
    fn a_path_is_no_markup() {
        let page = Answer::missing("GET", "/<script>&'\"").body;
        assert!(
            page.contains("Cannot GET /&lt;script&gt;&amp;&#39;&quot;"),
            "{page}"
        );
    }
}
