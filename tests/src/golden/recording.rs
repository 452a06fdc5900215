//! One recorded HTTP exchange: the request's bytes and what was answered.
//!
//! It must not know what is compared. The surprise: long bodies were recorded as a size and how they begin; a request's is rebuilt
//! from that, an answer's is compared by its length alone.

use super::{Answered, Body, Observation};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A request and the gateway's answer to it.
#[derive(Debug, Deserialize)]
pub struct Recording {
    /// Unique, such as `hooks.auth.missing`.
    pub name: String,
    pub(super) request: Request,
    response: Option<Response>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<String>,
    pub(super) body: Option<Recorded>,
}

#[derive(Debug, Deserialize)]
struct Response {
    status_line: String,
    headers: Vec<String>,
    body: Recorded,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Recorded {
    Text { text: String },
    Base64 { base64: String },
    Size { size: usize, prefix: Option<String> },
}

impl Recording {
    /// The request as it went over the wire.
    pub fn request(&self) -> Vec<u8> {
        let Request {
            method,
            path,
            headers,
            body,
        } = &self.request;
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{}\r\n\r\n",
            headers.join("\r\n")
        );
        let mut bytes = latin1(&head);
        bytes.extend(body.as_ref().map(Recorded::sent).unwrap_or_default());
        bytes
    }

    /// What the gateway answered when it was recorded, without the Date that was taken out then.
    pub fn observation(&self) -> Observation {
        let Some(response) = &self.response else {
            return Observation::ENDED;
        };
        Observation::Answered(Answered {
            status_line: response.status_line.clone(),
            headers: response.headers.clone(),
            body: response.body.received(chunked(&response.headers)),
            complete: true,
        })
    }
}

impl Recorded {
    pub(super) fn sent(&self) -> Vec<u8> {
        match self {
            Self::Text { text } => text.clone().into_bytes(),
            Self::Base64 { base64 } => STANDARD.decode(base64).unwrap_or_default(),
            Self::Size { size, prefix } => filled(*size, prefix.as_deref().unwrap_or_default()),
        }
    }

    fn received(&self, chunked: bool) -> Body {
        match self {
            Self::Size { size, .. } => Body::Size(*size),
            // The recorder kept the framing. The only chunked answers it met are empty.
            Self::Text { text } if chunked && text == "0\r\n\r\n" => Body::Bytes(Vec::new()),
            other => Body::Bytes(other.sent()),
        }
    }
}

/// A body of `size` bytes that begins with `prefix`: filler, or one JSON string when the prefix opens one.
fn filled(size: usize, prefix: &str) -> Vec<u8> {
    let end: &[u8] = if prefix.starts_with('{') { b"\"}" } else { b"" };
    let mut bytes = prefix.as_bytes().to_vec();
    bytes.resize(size - end.len(), b'a');
    bytes.extend(end);
    bytes
}

fn chunked(headers: &[String]) -> bool {
    headers
        .iter()
        .any(|line| line.eq_ignore_ascii_case("transfer-encoding: chunked"))
}

// Header bytes are Latin-1 on this gateway.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(c).unwrap_or(b'?'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::parse_lines;
    use crate::kit;

    #[test]
    fn every_recorded_length_is_the_length_of_the_rebuilt_body() {
        let text = std::fs::read_to_string(kit::tree("golden/openclaw-http.jsonl")).unwrap();
        let recordings: Vec<Recording> = parse_lines(&text).unwrap();
        for recording in &recordings {
            let length = recording
                .request
                .headers
                .iter()
                .find_map(|line| line.strip_prefix("Content-Length: "));
            let body = recording
                .request
                .body
                .as_ref()
                .map(Recorded::sent)
                .unwrap_or_default();
            assert_eq!(
                length.map_or(body.len(), |l| l.parse().unwrap()),
                body.len(),
                "{}",
                recording.name
            );
        }
        assert_eq!(recordings.len(), 152);
    }
}
