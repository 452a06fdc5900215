//! Makes golden traces of the recordings.
//!
//! It must not know where they are written. The surprise: conversations in which a device introduces itself get a file of their
//! own, because a signature over the gateway's challenge is good for one connection only: they can be looked at, not replayed.

use super::{Answered, Body, Observation, Recording, Step, Transcript};
use anyhow::{Context, Result};
use http::StatusCode;
use overgrow_parity::Kept;
use overgrow_parity::trace::{
    self, Answer, Close, Conversation, Entry, Given, Header, Message, Payload, Request, Trace, Way,
};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Where the recorded gateway listened.
const RECORDED: &str = "127.0.0.1:18789";
/// When the HTTP exchanges were recorded; their own times were not kept.
const HTTP_RECORDED: u64 = 1_795_206_509_000;
/// The key and the answer to it that RFC 6455 has as its example; the client's own were not kept.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The HTTP exchanges. Fails when one holds something that HTTP has no place for.
pub(super) fn http(recordings: &[Recording]) -> Result<Trace> {
    let exchange = |r: &Recording| exchange(r).with_context(|| r.name.clone());
    Ok(Trace {
        comment: "The times are not those of the recording.".to_owned(),
        entries: recordings.iter().map(exchange).collect::<Result<_>>()?,
    })
}

/// The conversations that anybody may repeat, and those that need the device's key.
pub(super) fn websocket(transcripts: &[Transcript]) -> [Trace; 2] {
    let (signed, open): (Vec<_>, Vec<_>) = transcripts.iter().partition(|t| t.has_device());
    [open, signed].map(|transcripts| Trace {
        comment: "The heads of the upgrades are not those of the recording.".to_owned(),
        entries: transcripts.into_iter().map(conversation).collect(),
    })
}

fn exchange(recording: &Recording) -> Result<Entry> {
    let answer = match recording.observation() {
        Observation::Answered(answered) => Answer::Given(given(answered)?),
        Observation::Silent(why) => Answer::Silence(why.to_owned()),
    };
    Ok(Entry {
        name: recording.name.clone(),
        started: time(HTTP_RECORDED),
        took: Duration::ZERO,
        request: request(recording)?,
        answer,
        conversation: None,
    })
}

fn request(recording: &Recording) -> Result<Request> {
    let asked = &recording.request;
    let headers: Vec<Header> = asked.headers.iter().map(|line| header(line)).collect();
    let is_chunked = headers.iter().any(|header| header.is("transfer-encoding"));
    let body = asked.body.as_ref().map(|body| body.sent());
    let body = match body {
        Some(body) if is_chunked => Some(unchunked(&body)?),
        body => body,
    };
    Ok(Request {
        method: asked.method.clone(),
        origin: format!("http://{RECORDED}"),
        target: asked.path.clone(),
        version: "HTTP/1.1".to_owned(),
        headers,
        body: body.map(Into::into),
    })
}

fn given(answered: Answered) -> Result<Given> {
    let mut words = answered.status_line.splitn(3, ' ');
    let version = words.next().unwrap_or_default().to_owned();
    let status = words.next().context("a status")?.parse::<StatusCode>()?;
    Ok(Given {
        status,
        version,
        reason: words.next().unwrap_or_default().to_owned(),
        headers: answered.headers.iter().map(|line| header(line)).collect(),
        body: match answered.body {
            Body::Bytes(bytes) => trace::Body::Kept(Kept::whole(bytes)),
            Body::Size(size) => trace::Body::Length(size as u64),
        },
    })
}

/// A line as it was recorded, Latin-1. Space before the value is the line's; space behind it is kept.
fn header(line: &str) -> Header {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.strip_prefix(' ').unwrap_or(value);
    let bytes: Vec<u8> = value
        .chars()
        .map(|c| u8::try_from(c).unwrap_or(b'?'))
        .collect();
    Header::new(name, bytes)
}

/// The content of a chunked body without trailers.
fn unchunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n");
        let (size, behind) = rest.split_at(end.context("a chunk's size")?);
        let size = usize::from_str_radix(std::str::from_utf8(size)?, 16)?;
        if size == 0 {
            return Ok(content);
        }
        let chunk = behind.get(2..2 + size).context("a whole chunk")?;
        content.extend(chunk);
        rest = behind.get(2 + size + 2..).context("the next chunk")?;
    }
}

fn conversation(transcript: &Transcript) -> Entry {
    let began = transcript.began();
    let mut at = 0;
    let mut conversation = Conversation::default();
    for timed in &transcript.steps {
        at = timed.ms.unwrap_or(at);
        let time = (began + at) as f64 / 1000.0;
        let said = |way, payload| Message { way, time, payload };
        match &timed.step {
            Step::Received { recv } => conversation
                .messages
                .push(said(Way::Receive, Payload::Text(recv.to_string()))),
            Step::Sent { send } => conversation
                .messages
                .push(said(Way::Send, Payload::Text(sent(send)))),
            Step::Closed { close } => {
                conversation.close = Some(Close {
                    code: close.code,
                    reason: close.reason.clone(),
                });
            }
            Step::Note { .. } => {}
        }
    }
    Entry {
        name: transcript.name.clone(),
        started: time(began),
        took: Duration::from_millis(at),
        request: upgrade(transcript),
        answer: Answer::Given(upgraded()),
        conversation: Some(conversation),
    }
}

/// As [`Step::Sent`] says.
fn sent(recorded: &Value) -> String {
    match (recorded.as_str(), recorded["size"].as_u64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(size)) => "x".repeat(usize::try_from(size).unwrap_or_default()),
        (None, None) => recorded.to_string(),
    }
}

fn upgrade(transcript: &Transcript) -> Request {
    let host = transcript.headers.get("host");
    let mut headers = vec![
        Header::new("Host", host.map_or(RECORDED, String::as_str).to_owned()),
        Header::new("Connection", "Upgrade"),
        Header::new("Upgrade", "websocket"),
        Header::new("Sec-WebSocket-Version", "13"),
        Header::new("Sec-WebSocket-Key", KEY),
    ];
    let others = transcript
        .headers
        .iter()
        .filter(|(name, _)| *name != "host");
    headers.extend(others.map(|(name, value)| Header::new(name.clone(), value.clone())));
    Request {
        method: "GET".to_owned(),
        origin: format!("ws://{RECORDED}"),
        target: transcript.path.clone(),
        version: "HTTP/1.1".to_owned(),
        headers,
        body: None,
    }
}

fn upgraded() -> Given {
    Given {
        status: StatusCode::SWITCHING_PROTOCOLS,
        reason: "Switching Protocols".to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: vec![
            Header::new("Upgrade", "websocket"),
            Header::new("Connection", "Upgrade"),
            Header::new("Sec-WebSocket-Accept", ACCEPT),
        ],
        body: trace::Body::Kept(Kept::whole("")),
    }
}

fn time(milliseconds: u64) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
    humantime::format_rfc3339_millis(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{har_files, parse_lines};
    use crate::kit;

    #[test]
    fn the_traces_in_the_tree_are_those_of_the_recordings() {
        for (name, made) in har_files().unwrap() {
            let kept = std::fs::read_to_string(kit::tree("golden").join(&name)).unwrap();
            // Not assert_eq: the files are long.
            assert!(
                kept == made,
                "{name} is outdated: cargo run -p overgrow-tests --bin har"
            );
        }
    }

    #[test]
    fn nothing_of_a_request_is_lost() {
        let text = std::fs::read_to_string(kit::tree("golden/openclaw-http.jsonl")).unwrap();
        let recordings: Vec<Recording> = parse_lines(&text).unwrap();
        let trace = http(&recordings).unwrap();
        let read = Trace::parse(trace.to_har().unwrap().as_bytes()).unwrap();
        assert_eq!(read, trace);
        assert_eq!(read.entries.len(), recordings.len());
    }

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(
            unchunked(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").unwrap(),
            b"abc"
        );
        assert!(unchunked(b"5\r\nab\r\n").is_err());
    }
}
