//! Golden traces: what was asked and what was answered, kept as HAR 1.2.
//!
//! Read tolerantly, so that a browser's export is accepted, and written strictly, so that a browser's developer tools
//! open it. It must not know sockets, clocks or routes. The surprise: HAR has no place for some of what makes a request
//! exact (a target that no URL can say, bytes that are no text, how a WebSocket was closed), so these stand in keys of
//! our own, which begin with an underscore as the format asks; every other reader ignores them.

mod body;
mod error;
mod file;
mod message;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub use self::error::TraceError;
pub use self::message::{Close, Conversation, Message, Payload, Way};

use crate::{Extent, Kept, Observation};

/// A HAR file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// A remark about the whole, for people; often empty.
    pub comment: String,
    /// In the order in which they were asked.
    pub entries: Vec<Entry>,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name in reports, kept as the entry's comment; often empty.
    pub name: String,
    /// When it began, RFC 3339, not interpreted.
    pub started: String,
    /// From sending the request to the last byte of the answer.
    pub took: Duration,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub answer: Answer,
    /// What went over the WebSocket that the answer opened.
    pub conversation: Option<Conversation>,
}

/// A request, close to its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// As it was written.
    pub method: String,
    /// Scheme and authority, such as `http://127.0.0.1:8080`.
    pub origin: String,
    /// What stood in the request line.
    pub target: String,
    /// Such as `HTTP/1.1`.
    pub version: String,
    /// In the order and the case of the wire. Hop-by-hop headers are among them; pseudo-headers are not.
    pub headers: Vec<Header>,
    /// Without transfer coding; none when there was none.
    pub body: Option<Bytes>,
}

/// A header line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// In its own case.
    pub name: String,
    /// As it came.
    pub value: Bytes,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// An answer.
    Given(Given),
    /// None, and why.
    Silence(String),
}

/// An answer, close to its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The status.
    pub status: StatusCode,
    /// The words behind it.
    pub reason: String,
    /// Such as `HTTP/1.1`.
    pub version: String,
    /// In the order and the case of the wire.
    pub headers: Vec<Header>,
    /// Without transfer coding and, though its header is kept, without content coding: so the format has it.
    pub body: Body,
}

/// As much of an answer's body as is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Its bytes, or the first of them.
    Kept(Kept),
    /// Nothing but its length in bytes.
    Length(u64),
}

impl Trace {
    /// Reads a HAR file. Unknown keys are ignored, missing ones filled in where that loses nothing.
    ///
    /// # Errors
    /// When it is not JSON, or something that is needed is missing or malformed; with the entry and the field.
    pub fn parse(text: &[u8]) -> Result<Self, TraceError> {
        read::trace(text)
    }

    /// The HAR file, indented, ending in a line feed.
    ///
    /// # Errors
    /// None that a trace can cause; the encoder's interface has them.
    pub fn to_har(&self) -> Result<String, TraceError> {
        write::trace(self)
    }
}

impl Entry {
    /// Reads one entry as [`to_har`](Self::to_har) writes it.
    ///
    /// # Errors
    /// As [`Trace::parse`]; the entry is called by the number 0.
    pub fn parse(text: &[u8]) -> Result<Self, TraceError> {
        read::lone(text)
    }

    /// The entry alone, on one line: what goes over a stream of them.
    ///
    /// # Errors
    /// None that an entry can cause; the encoder's interface has them.
    pub fn to_har(&self) -> Result<String, TraceError> {
        write::lone(self)
    }
}

impl Header {
    /// A header line of a name and a value's bytes.
    pub fn new(name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Whether it has that name, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Request {
    /// The first header of a name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&Header> {
        self.headers.iter().find(|header| header.is(name))
    }

    /// The headers as a map; what no map can hold is left out.
    pub fn header_map(&self) -> HeaderMap {
        map(&self.headers)
    }
}

impl Given {
    /// One side of a comparison: without `Content-Encoding`, since the body has none left. A body of which only the
    /// length is known is an empty one that was cut.
    pub fn observation(&self, took: Duration) -> Observation {
        let body = match &self.body {
            Body::Kept(kept) => kept.clone(),
            Body::Length(_) => Kept {
                bytes: Bytes::new(),
                extent: Extent::Cut,
            },
        };
        let mut headers = map(&self.headers);
        headers.remove(CONTENT_ENCODING);
        Observation {
            status: self.status,
            headers,
            body,
            effects: Vec::new(),
            took,
        }
    }
}

fn map(headers: &[Header]) -> HeaderMap {
    let pairs = headers.iter().filter_map(|header| {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(&header.value).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(name, value);
    }
    map
}
