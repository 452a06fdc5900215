//! From a trace to the file, with everything that HAR 1.2 requires.

use super::file::{
    ContentFile, CreatorFile, EntryFile, HarFile, HeaderFile, LogFile, Nothing, PostDataFile,
    RequestFile, ResponseFile, TimingsFile,
};
use super::{Answer, Body, Entry, Given, Header, Request, Trace, TraceError, body, read};
use crate::Extent;

/// For entries whose time is not known: developer tools refuse a file with none.
const UNKNOWN_TIME: &str = "1970-01-01T00:00:00.000Z";

/// What the format has for a size that is not known.
const UNKNOWN: Option<i64> = Some(-1);

pub(super) fn trace(trace: &Trace) -> Result<String, TraceError> {
    let file = HarFile {
        log: LogFile {
            version: "1.2".to_owned(),
            creator: CreatorFile {
                name: "overgrow".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            comment: Some(trace.comment.clone()).filter(|comment| !comment.is_empty()),
            entries: trace.entries.iter().map(entry).collect(),
        },
    };
    let text = serde_json::to_string_pretty(&file).map_err(TraceError::Write)?;
    Ok(text + "\n")
}

pub(super) fn lone(lone: &Entry) -> Result<String, TraceError> {
    serde_json::to_string(&entry(lone)).map_err(TraceError::Write)
}

fn entry(entry: &Entry) -> EntryFile {
    let milliseconds = entry.took.as_secs_f64() * 1000.0;
    let (messages, close) = entry
        .conversation
        .as_ref()
        .map(|conversation| conversation.write())
        .unzip();
    let started = Some(entry.started.clone()).filter(|started| !started.is_empty());
    EntryFile {
        started_date_time: Some(started.unwrap_or_else(|| UNKNOWN_TIME.to_owned())),
        time: Some(milliseconds),
        request: request(&entry.request),
        response: response(&entry.answer),
        cache: Nothing {},
        timings: TimingsFile {
            send: Some(0.0),
            wait: Some(milliseconds),
            receive: Some(0.0),
        },
        comment: Some(entry.name.clone()).filter(|name| !name.is_empty()),
        resource_type: messages.is_some().then(|| "websocket".to_owned()),
        messages,
        close: close.flatten(),
        conversation_cut: entry
            .conversation
            .as_ref()
            .is_some_and(|conversation| conversation.extent == Extent::Cut),
    }
}

fn request(request: &Request) -> RequestFile {
    let url = url(request);
    let said = read::split(&url).map(|(_, rest)| read::rest_as_target(rest));
    let query = request.target.split('#').next().unwrap_or_default();
    let query = query.split_once('?').map_or("", |(_, query)| query);
    RequestFile {
        method: request.method.clone(),
        target: (said.as_ref() != Some(&request.target)).then(|| request.target.clone()),
        url,
        http_version: Some(request.version.clone()),
        cookies: cookies(&request.headers, "cookie", ';'),
        headers: headers(&request.headers),
        query_string: pairs(query, '&'),
        post_data: request.body.as_ref().map(|body| post_data(request, body)),
        headers_size: UNKNOWN,
        body_size: Some(length(request.body.as_deref().unwrap_or_default())),
    }
}

/// The origin stays whom the request was sent to. A target that is no path is shown as one; its own spelling goes beside it.
fn url(request: &Request) -> String {
    let Request { origin, target, .. } = request;
    let path = read::split(target).map_or(target.as_str(), |(_, rest)| rest);
    match path.starts_with('/') {
        true => format!("{origin}{path}"),
        false => format!("{origin}/{}", path.replace('\\', "%5C")),
    }
}

fn post_data(request: &Request, bytes: &[u8]) -> PostDataFile {
    let (text, encoding) = body::write(bytes);
    PostDataFile {
        mime_type: media_type(&request.headers),
        params: Vec::new(),
        text: Some(text),
        encoding,
    }
}

fn response(answer: &Answer) -> ResponseFile {
    match answer {
        Answer::Given(given) => answered(given),
        Answer::Silence(why) => silent(why),
    }
}

fn answered(given: &Given) -> ResponseFile {
    let location = given.headers.iter().find(|header| header.is("location"));
    let content = content(given);
    ResponseFile {
        status: given.status.as_u16(),
        status_text: given.reason.clone(),
        http_version: Some(given.version.clone()),
        cookies: cookies(&given.headers, "set-cookie", '\n'),
        headers: headers(&given.headers),
        redirect_url: Some(location.map_or_else(String::new, |header| body::latin1(&header.value))),
        headers_size: UNKNOWN,
        body_size: content.size,
        content,
        error: None,
    }
}

fn silent(why: &str) -> ResponseFile {
    ResponseFile {
        status: 0,
        status_text: String::new(),
        http_version: Some(String::new()),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: ContentFile {
            size: Some(0),
            mime_type: Some("x-unknown".to_owned()),
            ..ContentFile::default()
        },
        redirect_url: Some(String::new()),
        headers_size: UNKNOWN,
        body_size: UNKNOWN,
        error: Some(why.to_owned()),
    }
}

fn content(given: &Given) -> ContentFile {
    let mime_type = Some(media_type(&given.headers));
    match &given.body {
        Body::Length(size) => ContentFile {
            size: i64::try_from(*size).ok(),
            mime_type,
            ..ContentFile::default()
        },
        Body::Kept(kept) => {
            let (text, encoding) = body::write(&kept.bytes);
            ContentFile {
                size: Some(length(&kept.bytes)),
                mime_type,
                text: Some(text),
                encoding,
                cut: kept.extent == Extent::Cut,
            }
        }
    }
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

fn media_type(headers: &[Header]) -> String {
    let header = headers.iter().find(|header| header.is("content-type"));
    header.map_or_else(
        || "x-unknown".to_owned(),
        |header| body::latin1(&header.value),
    )
}

fn headers(headers: &[Header]) -> Vec<HeaderFile> {
    let lines = headers.iter().map(|header| HeaderFile {
        name: header.name.clone(),
        value: body::latin1(&header.value),
    });
    lines.collect()
}

/// The cookies of the headers of a name: what stands before the attributes.
fn cookies(headers: &[Header], name: &str, between: char) -> Vec<HeaderFile> {
    let lines = headers.iter().filter(|header| header.is(name));
    let values = lines.map(|header| body::latin1(&header.value));
    values
        .flat_map(|value| pairs(&value, between))
        .map(|HeaderFile { name, value }| HeaderFile {
            name: name.trim().to_owned(),
            value: value.split(';').next().unwrap_or_default().to_owned(),
        })
        .collect()
}

fn pairs(text: &str, between: char) -> Vec<HeaderFile> {
    let parts = text.split(between).filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    pairs
        .map(|(name, value)| HeaderFile {
            name: name.to_owned(),
            value: value.to_owned(),
        })
        .collect()
}
