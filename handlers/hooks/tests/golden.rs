//! The recorded answers of the real gateway, asked of the handler: equal, byte for byte and header by header, but for
//! what a proxy answers before any handler hears of it.

mod support;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

use support::{Answer, ask, settings};

/// Recordings that no handler decides: the HTTP server below refuses these, or reads the body's framing.
const SERVERS: [&str; 2] = ["hooks.path.backslash", "hooks.wake.expect-other"];

fn recordings() -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/golden/openclaw-http.jsonl"
    );
    let text = std::fs::read_to_string(path).expect("the recordings");
    let all = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON each"));
    all.filter(|recording: &Value| name(recording).starts_with("hooks."))
        .filter(|recording| !SERVERS.contains(&name(recording)))
        .collect()
}

fn name(recording: &Value) -> &str {
    recording["name"].as_str().expect("a name")
}

fn body(request: &Value) -> Vec<u8> {
    let body = &request["body"];
    if let Some(size) = body["size"].as_u64() {
        let prefix = body["prefix"].as_str().expect("a prefix");
        let end = if prefix.starts_with('{') { "\"}" } else { "" };
        let filler = usize::try_from(size).expect("small") - prefix.len() - end.len();
        return format!("{prefix}{}{end}", "a".repeat(filler)).into_bytes();
    }
    if let Some(bytes) = body["base64"].as_str() {
        return BASE64_STANDARD.decode(bytes).expect("base64");
    }
    let text = body["text"].as_str().unwrap_or_default();
    unchunked(request, text)
        .unwrap_or_else(|| text.to_owned())
        .into_bytes()
}

/// The one chunk of a recorded body, which the HTTP server below takes out of its framing.
fn unchunked(request: &Value, text: &str) -> Option<String> {
    let mut headers = request["headers"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str);
    headers.find(|header| header.contains("chunked"))?;
    Some(text.split("\r\n").nth(1)?.to_owned())
}

/// What the recording says, as far as a handler decides it.
fn recorded(recording: &Value) -> Answer {
    if recording["outcome"] != "response" {
        return Answer::json(413, r#"{"ok":false,"error":"payload too large"}"#);
    }
    let response = &recording["response"];
    let status = response["status_line"]
        .as_str()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = response["headers"].as_array().expect("headers").iter();
    let headers = headers.filter_map(|header| header.as_str()?.split_once(": "));
    let servers = [
        "connection",
        "keep-alive",
        "content-length",
        "transfer-encoding",
    ];
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer {
        status: status.expect("a status"),
        headers: headers
            .filter(|(name, _)| !servers.contains(&&**name))
            .collect(),
        body: response["body"]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Why the handler leaves a recording to the legacy, where it does.
fn left(name: &str) -> Option<&'static str> {
    match name {
        "hooks.path.upper" | "hooks.path.lead-double" | "hooks.path.hooksx" => Some("not_hooks"),
        "hooks.map.skip-204" | "hooks.map.bad-channel" | "hooks.map.throw-500" => Some("transform"),
        // With its marks it is larger than the body that it came in, which the bridge may not hand over.
        "hooks.size.262144" => Some("large_dispatch"),
        _ => None,
    }
}

#[tokio::test]
async fn the_recordings_are_answered_as_they_were() {
    let recordings = recordings();
    assert!(
        recordings.len() > 70,
        "only {} recordings",
        recordings.len()
    );
    for recording in &recordings {
        let (name, request) = (name(recording), &recording["request"]);
        let asked = support::request(request, body(request));
        match (ask(settings(), Some(&[]), asked).await, left(name)) {
            (Ok(answer), None) => {
                assert_eq!(
                    answer.without_ids(),
                    recorded(recording).without_ids(),
                    "{name}"
                );
            }
            (Err(declined), expected) => assert_eq!(Some(declined.0), expected, "{name}"),
            (Ok(answer), Some(_)) => panic!("{name}: {answer:?}"),
        }
    }
}
