//! `POST /api/record`: what a route is asked and answers, as it happens.
//!
//! One entry of a HAR file per line, without its secrets. The stream ends when the time is over, when the sidecar begins
//! to drain, when the recording is deleted by the number in its head, or when the reader leaves. Its last lines are the
//! WebSockets that are still open, as far as they have come, and how many exchanges were left out.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use overgrow_parity::trace::Entry;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::{Shown, problem, routes};
use crate::listen::Drain;
use crate::record::Recording;

/// Nobody needs a longer one, and one that was forgotten ends.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Says the number of a recording.
pub const NUMBER: &str = "x-overgrow-recording";

/// How often a quiet stream looks whether the sidecar, or somebody else, is about to end it.
const LOOK: Duration = Duration::from_millis(250);

/// The body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    route: String,
    #[serde(rename = "for")]
    time: String,
}

/// Streams the exchanges of one route from now on.
pub(super) async fn stream(
    State(shown): State<Shown>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refused) = routes::refuse_other_than_json(&headers) {
        return refused;
    }
    let Some((route, time)) = wanted(&body) else {
        let detail = "send {\"route\": ID, \"for\": \"10m\"} with a time of at most 24h";
        return problem::of(StatusCode::BAD_REQUEST, detail);
    };
    let generation = shown.running.load();
    if !generation.config.routes.iter().any(|r| *r.id == *route) {
        return problem::of(
            StatusCode::NOT_FOUND,
            &format!("there is no route {route:?}"),
        );
    }
    let lines = Lines {
        recording: shown.recorder.listen(&route),
        until: Instant::now() + time,
        drain: shown.drain,
        over: false,
    };
    let number = HeaderValue::from(lines.recording.number());
    let kind = HeaderValue::from_static("application/x-ndjson");
    let lines = stream::unfold(lines, |mut lines| async {
        let line = lines.next().await?;
        Some((Ok::<_, std::convert::Infallible>(line), lines))
    });
    let mut response = Body::from_stream(lines).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(NUMBER, number);
    response
}

/// Ends a recording. Its stream goes on with what it still has to say.
pub(super) async fn end(State(shown): State<Shown>, Path(number): Path<u64>) -> Response {
    match shown.recorder.dismiss(number) {
        true => StatusCode::NO_CONTENT.into_response(),
        false => problem::of(StatusCode::NOT_FOUND, "there is no such recording"),
    }
}

fn wanted(body: &str) -> Option<(String, Duration)> {
    let wanted: Wanted = serde_json::from_str(body).ok()?;
    let time = humantime::parse_duration(&wanted.time).ok()?;
    (time <= LONGEST).then_some((wanted.route, time))
}

struct Lines {
    recording: Recording,
    until: Instant,
    drain: std::sync::Arc<Drain>,
    over: bool,
}

impl Lines {
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        while Instant::now() < self.until && !self.is_over() {
            let look = self.until.min(Instant::now() + LOOK);
            match timeout_at(look, self.recording.next()).await {
                Ok(Some(entry)) => return Some(line(&entry)),
                Ok(None) => break,
                Err(_) => {}
            }
        }
        self.recording.end();
        if let Some(entry) = self.recording.next().await {
            return Some(line(&entry));
        }
        self.over = true;
        Some(Bytes::from(format!(
            "{}\n",
            json!({"missed": self.recording.missed()})
        )))
    }
}

impl Lines {
    fn is_over(&self) -> bool {
        self.drain.is_draining() || self.recording.is_dismissed()
    }
}

fn line(entry: &Entry) -> Bytes {
    // An entry can always be written.
    let text = entry.to_har().unwrap_or_default();
    Bytes::from(text + "\n")
}
