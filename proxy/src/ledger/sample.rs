//! A sample: one request and what both sides made of it, for people to look at.
//!
//! It is plain text, so that whoever shows it needs to know nothing. The surprise: it is built with secrets in it, on the
//! thread that compares, and loses them on the thread that writes; nothing reads it in between.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use overgrow_parity::{Key, Planned};
use serde::{Deserialize, Serialize};

use super::redact;

/// Bytes kept of a body. What differs further on is told by the difference's offset.
const KEPT: usize = 64 * 1024;

/// A request that the two sides answered differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When, in unix milliseconds.
    pub at: u64,
    /// The request's id in logs.
    pub request_id: String,
    /// What was asked.
    pub request: Request,
    /// What the legacy answered.
    pub legacy: Side,
    /// What rust answered.
    pub rust: Side,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names and values, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// One side's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The status.
    pub status: u16,
    /// Names and values, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// What it would have done to the world.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Planned>,
}

/// A body, or its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// What it says, if it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its bytes in base64, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Its length in bytes, as far as it came.
    pub length: u64,
    /// Whether this is only its beginning.
    #[serde(default)]
    pub cut: bool,
}

/// A sample as it is stored and shown, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// What it is a sample of.
    pub keys: Vec<Key>,
    /// The sample.
    #[serde(flatten)]
    pub sample: Sample,
}

impl Body {
    /// The first 64 KiB of a body.
    pub fn of(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(KEPT)];
        let (text, base64) = match text_of(kept) {
            Some(text) => (Some(text.to_owned()), None),
            None => (None, Some(BASE64_STANDARD.encode(kept))),
        };
        Self {
            text,
            base64,
            length: bytes.len() as u64,
            cut: kept.len() < bytes.len(),
        }
    }

    fn redact(&mut self, headers: &[(String, String)]) {
        if let Some(text) = &mut self.text {
            *text = redact::body(find(headers, "content-type"), text).into_owned();
        }
        // What cannot be read cannot be searched. An encoding hides text, and with it secrets.
        if find(headers, "content-encoding").is_some() && self.base64.take().is_some() {
            self.text = Some(redact::OMITTED.to_owned());
        }
    }
}

impl Sample {
    /// The sample without its secrets.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        let request = &mut self.request;
        request.body.redact(&request.headers);
        request.target = redact::target(&request.target).into_owned();
        redact_headers(&mut request.headers);
        for side in [&mut self.legacy, &mut self.rust] {
            side.body.redact(&side.headers);
            redact_headers(&mut side.headers);
            side.effects.iter_mut().for_each(redact_effect);
        }
        self
    }
}

fn redact_headers(headers: &mut [(String, String)]) {
    for (name, value) in headers {
        *value = redact::header(name, value).into_owned();
    }
}

fn redact_effect(effect: &mut Planned) {
    effect.target = redact::target(&effect.target).into_owned();
    effect.detail = redact::document(&effect.detail);
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers
        .iter()
        .find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// The bytes as text, if they are; a character that is cut in two at the end is left out.
fn text_of(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::ledger) fn sample(target: &str) -> Sample {
        let side = |status| Side {
            status,
            headers: vec![("set-cookie".into(), "sid=hunter2; Path=/".into())],
            body: Body::of(b"{\"token\":\"hunter2\"}"),
            took_us: 1500,
            effects: Vec::new(),
        };
        Sample {
            at: 1_700_000_000_000,
            request_id: "r-1".into(),
            request: Request {
                method: "GET".into(),
                target: target.into(),
                headers: vec![("Authorization".into(), "Bearer hunter2".into())],
                body: Body::default(),
            },
            legacy: side(200),
            rust: side(500),
        }
    }

    #[test]
    fn every_part_loses_its_secrets() {
        let mut given = sample("/a?key=hunter2&b=1");
        given.request.headers.push((
            "content-type".into(),
            "application/x-www-form-urlencoded".into(),
        ));
        given.request.body = Body::of(b"a=1&password=hunter2");
        given.rust.effects.push(Planned {
            kind: "http".into(),
            target: "http://user:hunter2@a/".into(),
            detail: serde_json::json!({"api_key": "hunter2"}),
        });
        let shown = serde_json::to_string(&given.redacted()).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("/a?key=[redacted]&b=1"), "{shown}");
    }

    #[test]
    fn a_body_is_text_or_base64_and_is_cut() {
        assert_eq!(Body::of(b"a").text.as_deref(), Some("a"));
        assert_eq!(Body::of(&[0xff]).base64.as_deref(), Some("/w=="));
        let long = Body::of("ä".repeat(KEPT).as_bytes());
        assert!(long.cut && long.text.is_some_and(|text| text.len() == KEPT));
        let odd = Body::of(format!("x{}", "ä".repeat(KEPT)).as_bytes());
        assert_eq!(odd.text.map(|text| text.len()), Some(KEPT - 1));
    }

    #[test]
    fn what_is_encoded_is_not_kept() {
        let mut side = sample("/").rust;
        side.headers
            .push(("Content-Encoding".into(), "gzip".into()));
        side.body = Body::of(&[0x1f, 0x8b, 0xff]);
        side.body.redact(&side.headers);
        assert_eq!(side.body.text.as_deref(), Some(redact::OMITTED));
        assert_eq!(side.body.base64, None);
    }
}
