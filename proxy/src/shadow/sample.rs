//! A request and both answers, as they are put away for people to look at.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::judge::Case;
use super::said::Said;
use crate::ledger::{Body, Request, Sample, Side};

/// The sample of a request. Secrets are taken out of it where it is kept.
pub(super) fn of(case: &Case<'_>, legacy: &Said, rust: &Said) -> Sample {
    let question = case.question;
    let target = question.uri.path_and_query();
    Sample {
        at: unix_millis(),
        request_id: question.id.to_string(),
        request: Request {
            method: question.method.to_string(),
            target: target.map_or_else(|| question.uri.to_string(), ToString::to_string),
            headers: lines(&question.headers),
            body: Body::of(&case.body),
        },
        legacy: side(legacy),
        rust: side(rust),
    }
}

fn side(said: &Said) -> Side {
    let observation = &said.observation;
    let mut headers = lines(&observation.headers);
    if let Some(why) = said.silence {
        headers.push(("x-overgrow-no-answer".to_owned(), why.to_owned()));
    }
    Side {
        status: observation.status.as_u16(),
        headers,
        body: Body::of(&observation.body.bytes),
        took_us: micros(said.took),
        effects: observation.effects.clone(),
    }
}

fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    };
    headers.iter().map(line).collect()
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
