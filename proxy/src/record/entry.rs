//! An exchange as an entry of a trace, without its secrets.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, Version, header};
use overgrow_parity::trace::{
    self, Answer, Conversation, Entry, Given, Header, Message, Payload, Request,
};
use overgrow_parity::{Extent, Kept, unpacked};

use super::conversation::Heard;
use crate::ledger::redact;
use crate::tee::{Copied, End};

/// Stands for a header value that is no text: nobody can say whether it is a secret.
const UNREADABLE: &[u8] = b"[redacted]";

/// What was asked.
pub(super) struct Question {
    pub(super) scheme: &'static str,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) at: SystemTime,
}

/// What went by, as it was.
pub(super) struct Draft {
    pub(super) question: Question,
    pub(super) body: Copied,
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) answer: Copied,
    /// From the head of the request to the last byte of the answer.
    pub(super) took: Duration,
    /// What goes over the WebSocket that the answer opened.
    pub(super) heard: Option<Heard>,
}

impl Draft {
    pub(super) fn entry(&self) -> Entry {
        Entry {
            name: String::new(),
            started: humantime::format_rfc3339_millis(self.question.at).to_string(),
            took: self.took,
            request: self.question.request(&self.body.bytes),
            answer: Answer::Given(self.given()),
            conversation: self.heard.as_ref().map(said),
        }
    }

    fn given(&self) -> Given {
        Given {
            status: self.status,
            reason: self.status.canonical_reason().unwrap_or("").to_owned(),
            version: format!("{:?}", self.version),
            headers: headers(&self.headers),
            body: self.body(),
        }
    }

    /// Unpacked, as the format has it. What cannot be unpacked cannot be looked through for secrets either.
    fn body(&self) -> trace::Body {
        let extent = match self.answer.end {
            End::Whole => Extent::Whole,
            End::Full | End::Crowded | End::Failed | End::Left | End::Late => Extent::Cut,
        };
        let kept = |bytes, extent| trace::Body::Kept(Kept { bytes, extent });
        match unpacked(&self.headers, &self.answer.bytes) {
            Some(bytes) => kept(content(&self.headers, &bytes), extent),
            None if extent == Extent::Whole => trace::Body::Length(self.answer.bytes.len() as u64),
            None => kept(Bytes::new(), extent),
        }
    }
}

impl Question {
    /// Whether its body is packed: it could not be written down without its secrets and be asked again as it was.
    pub(super) fn is_packed(&self) -> bool {
        self.headers.contains_key(header::CONTENT_ENCODING)
    }

    fn request(&self, body: &Bytes) -> Request {
        Request {
            method: self.method.to_string(),
            origin: format!("{}://{}", self.scheme, self.authority()),
            target: redact::target(&self.target()).into_owned(),
            version: format!("{:?}", self.version),
            headers: headers(&self.headers),
            body: (!body.is_empty()).then(|| content(&self.headers, body)),
        }
    }

    /// HTTP/2 says it in the target.
    fn authority(&self) -> String {
        let named = self.headers.get(header::HOST);
        let named = named.and_then(|host| host.to_str().ok());
        let authority = named.or_else(|| self.uri.authority().map(|authority| authority.as_str()));
        authority.unwrap_or("unknown").to_owned()
    }

    /// As it stands in an HTTP/1 request line.
    fn target(&self) -> String {
        match self.uri.path_and_query() {
            Some(path) if self.version >= Version::HTTP_2 => path.to_string(),
            _ => self.uri.to_string(),
        }
    }
}

/// A body without its secrets; bytes that are no text are left as they are.
fn content(headers: &HeaderMap, bytes: &[u8]) -> Bytes {
    let kind = headers.get(header::CONTENT_TYPE);
    shown(kind.and_then(|kind| kind.to_str().ok()), bytes)
}

fn shown(kind: Option<&str>, bytes: &[u8]) -> Bytes {
    match std::str::from_utf8(bytes) {
        Ok(text) => redact::body(kind, text).into_owned().into(),
        Err(_) => Bytes::copy_from_slice(bytes),
    }
}

/// A conversation without its secrets.
fn said(heard: &Heard) -> Conversation {
    let mut conversation = heard.conversation();
    conversation.messages.iter_mut().for_each(mask);
    if let Some(close) = &mut conversation.close {
        close.reason = redact::text(&close.reason).into_owned();
    }
    conversation
}

fn mask(message: &mut Message) {
    match &mut message.payload {
        Payload::Text(text) => *text = redact::body(None, text).into_owned(),
        Payload::Binary(bytes) => *bytes = shown(None, bytes),
        // Nobody takes these down.
        Payload::Compressed(bytes) => bytes.clear(),
    }
}

fn headers(headers: &HeaderMap) -> Vec<Header> {
    let lines = headers.iter().map(|(name, value)| {
        let kept = match value.to_str() {
            Ok(text) => Bytes::from(redact::header(name.as_str(), text).into_owned()),
            Err(_) => Bytes::from_static(UNREADABLE),
        };
        Header::new(name.as_str(), kept)
    });
    lines.collect()
}
