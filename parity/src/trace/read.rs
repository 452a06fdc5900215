//! From the file to a trace.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::file::{
    ContentFile, EntryFile, HarFile, HeaderFile, PostDataFile, RequestFile, ResponseFile,
};
use super::{Answer, Body, Conversation, Entry, Given, Header, Request, Trace, TraceError, body};
use crate::{Extent, Kept};

/// What a file without a version means.
const VERSION: &str = "HTTP/1.1";

/// A field of an entry and what is wrong with it.
type Fault = (&'static str, String);

pub(super) fn trace(text: &[u8]) -> Result<Trace, TraceError> {
    let HarFile { log } = json(text)?;
    let entries = log.entries.into_iter().enumerate();
    Ok(Trace {
        comment: log.comment.unwrap_or_default(),
        entries: entries.map(numbered).collect::<Result<_, _>>()?,
    })
}

pub(super) fn lone(text: &[u8]) -> Result<Entry, TraceError> {
    numbered((0, json(text)?))
}

fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T, TraceError> {
    // Some exporters begin with a byte order mark.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = serde_path_to_error::deserialize(&mut reader);
    let read = read.map_err(|error| TraceError::Shape {
        at: error.path().to_string(),
        source: error.into_inner(),
    })?;
    let end = reader.end();
    end.map_err(|source| TraceError::Shape {
        at: "behind the end".to_owned(),
        source,
    })?;
    Ok(read)
}

fn numbered((at, file): (usize, EntryFile)) -> Result<Entry, TraceError> {
    entry(file).map_err(|(field, fault)| TraceError::Value {
        entry: at,
        field,
        fault,
    })
}

fn entry(file: EntryFile) -> Result<Entry, Fault> {
    let conversation = file
        .messages
        .map(|messages| Conversation::read(messages, file.close, extent(file.conversation_cut)))
        .transpose();
    Ok(Entry {
        name: file.comment.unwrap_or_default(),
        started: file.started_date_time.unwrap_or_default(),
        took: took(file.time.unwrap_or_default()),
        request: request(file.request)?,
        answer: answer(file.response)?,
        conversation: conversation.map_err(|fault| ("_webSocketMessages", fault))?,
    })
}

/// Chromium writes negative and absurd times for requests that it cut short.
fn took(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}

fn request(file: RequestFile) -> Result<Request, Fault> {
    let Some((origin, rest)) = split(&file.url) else {
        let fault = format!("{:?} is not an absolute URL", file.url);
        return Err(("request.url", fault));
    };
    if file.method.is_empty() {
        return Err(("request.method", "is empty".to_owned()));
    }
    let body = file.post_data.map(sent).transpose();
    Ok(Request {
        origin: origin.to_owned(),
        target: file.target.unwrap_or_else(|| rest_as_target(rest)),
        headers: headers(file.headers, origin),
        version: file.http_version.unwrap_or_else(|| VERSION.to_owned()),
        method: file.method,
        body: body.map_err(|fault| ("request.postData", fault))?.flatten(),
    })
}

/// Scheme and authority, and the rest of a URL; none when it is relative.
pub(super) fn split(url: &str) -> Option<(&str, &str)> {
    let (scheme, behind) = url.split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let authority = behind.find(['/', '?', '#']).unwrap_or(behind.len());
    let is_absolute = is_scheme && !scheme.is_empty() && authority > 0;
    is_absolute.then(|| url.split_at(scheme.len() + "://".len() + authority))
}

/// What a client puts in the request line for that part of a URL.
pub(super) fn rest_as_target(rest: &str) -> String {
    let rest = rest.split('#').next().unwrap_or_default();
    match rest.starts_with('/') {
        true => rest.to_owned(),
        false => format!("/{rest}"),
    }
}

/// HTTP/2 says the host in a pseudo-header, which becomes one that every version has.
fn headers(files: Vec<HeaderFile>, origin: &str) -> Vec<Header> {
    let has_host = files
        .iter()
        .any(|file| file.name.eq_ignore_ascii_case("host"));
    let is_translated = !has_host && files.iter().any(|file| file.name == ":authority");
    let host = is_translated.then(|| {
        let authority = origin.split("://").nth(1).unwrap_or_default();
        Header::new("host", authority.to_owned())
    });
    let lines = files.iter().filter(|file| !file.name.starts_with(':'));
    host.into_iter().chain(lines.map(header)).collect()
}

fn header(file: &HeaderFile) -> Header {
    Header::new(file.name.as_str(), body::header(&file.value))
}

fn sent(file: PostDataFile) -> Result<Option<Bytes>, String> {
    match file.text {
        Some(text) => body::read(text, file.encoding.as_deref()).map(Some),
        None if file.params.is_empty() => Ok(None),
        None => Err("there are parameters but no text, so the body is not known".to_owned()),
    }
}

fn answer(file: ResponseFile) -> Result<Answer, Fault> {
    if file.status == 0 {
        let why = file.error.filter(|why| !why.is_empty());
        return Ok(Answer::Silence(
            why.unwrap_or_else(|| "no answer".to_owned()),
        ));
    }
    let status = StatusCode::from_u16(file.status);
    Ok(Answer::Given(Given {
        status: status.map_err(|error| ("response.status", error.to_string()))?,
        reason: file.status_text,
        version: file.http_version.unwrap_or_else(|| VERSION.to_owned()),
        headers: headers(file.headers, ""),
        body: content(file.content).map_err(|fault| ("response.content", fault))?,
    }))
}

/// No text and no size is an empty body: that is how browsers write a 204.
fn content(file: ContentFile) -> Result<Body, String> {
    let size = file.size.and_then(|size| u64::try_from(size).ok());
    match (file.text, size) {
        (None, Some(size)) if size > 0 => Ok(Body::Length(size)),
        (text, _) => Ok(Body::Kept(Kept {
            bytes: body::read(text.unwrap_or_default(), file.encoding.as_deref())?,
            extent: extent(file.cut),
        })),
    }
}

fn extent(cut: bool) -> Extent {
    match cut {
        true => Extent::Cut,
        false => Extent::Whole,
    }
}
