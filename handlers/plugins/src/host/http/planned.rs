//! What a plan answers to a request that would change something, and what it says of it.
//!
//! First the grant's own rules, then what the legacy was answered to the same request, else an empty object, which says
//! of itself that nobody planned it.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use overgrow_handler::Effect;
use serde_json::{Value, json};
use url::Url;

use super::Response;
use super::draft::Draft;
use crate::host::State;
use crate::host::veil::is_secret_key;
use crate::plan;

/// Says where a planned answer comes from: `rule`, `recorded` or `unplanned`.
const PLANNED: HeaderName = HeaderName::from_static("x-overgrow-plan");

impl State {
    /// The request as a plan shows it: with markers where secrets go.
    pub(super) fn http_effect(&self, draft: &Draft) -> Effect {
        let detail = json!({
            "body": self.shown_body(&draft.shown_body),
            "credentials": draft.credentials,
        });
        Effect::new("http", self.http_target(draft)).detail(detail)
    }

    /// What a plan answers.
    pub(super) fn planned_answer(&self, draft: &Draft) -> Response {
        let target = self.http_target(draft);
        if let Some(rule) = plan::rule(&self.who.grant.plan, "http", &target) {
            let status = StatusCode::from_u16(rule.status).unwrap_or(StatusCode::OK);
            return answer(status, "rule", body(&rule.answer));
        }
        let recording = self.who.hands.recording.as_ref();
        let method = draft.method.as_str();
        let recorded =
            recording.and_then(|it| it.answer(&self.ask.id, method, draft.shown_url.as_str()));
        match recorded {
            Some(mut recorded) => {
                let word = HeaderValue::from_static("recorded");
                recorded.headers.insert(PLANNED, word);
                Response::here(recorded.status, &recorded.headers, recorded.body)
            }
            None => answer(StatusCode::OK, "unplanned", Bytes::from_static(b"{}")),
        }
    }

    fn http_target(&self, draft: &Draft) -> String {
        let shown = format!("{} {}", draft.method, shown_url(&draft.shown_url));
        self.mask.over(&shown)
    }

    /// JSON as it is, so that two plans can be compared field by field; anything else by its digest.
    fn shown_body(&self, body: &Bytes) -> Value {
        if body.is_empty() {
            return Value::Null;
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => self.shown(&value),
            Err(_) => Effect::new("http", "").payload(body).detail,
        }
    }
}

fn answer(status: StatusCode, word: &'static str, body: Bytes) -> Response {
    let headers: HeaderMap = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (PLANNED, HeaderValue::from_static(word)),
    ]
    .into_iter()
    .collect();
    Response::here(status, &headers, body)
}

fn body(answer: &Value) -> Bytes {
    match answer {
        Value::String(text) => text.clone().into(),
        other => other.to_string().into(),
    }
}

/// The URL with what looks like a secret in its query left out, and braces as the plugin wrote them.
fn shown_url(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    let path = shown.as_str().replace("%7B", "{").replace("%7D", "}");
    let Some(query) = url.query() else {
        return path;
    };
    let pairs: Vec<_> = query.split('&').map(shown_pair).collect();
    format!("{path}?{}", pairs.join("&"))
}

fn shown_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if is_secret_key(name) => format!("{name}=…"),
        _ => pair.to_owned(),
    }
}
