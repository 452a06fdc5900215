use super::*;
use crate::{Rules, compare};
use serde_json::{Value, json};
use std::io::Write;

fn request(target: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        origin: "http://127.0.0.1:8080".to_owned(),
        target: target.to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: vec![
            Header::new("Host", "127.0.0.1:8080"),
            Header::new("X-Token", &b"caf\xe9"[..]),
            Header::new("Cookie", "a=1; b=2"),
        ],
        body: Some(Bytes::from_static(b"\xff\x00\x01")),
    }
}

fn entry(target: &str) -> Entry {
    Entry {
        name: "an entry".to_owned(),
        started: "2026-11-20T20:29:37.000Z".to_owned(),
        took: Duration::from_millis(12),
        request: request(target),
        answer: Answer::Given(given(Body::Kept(Kept::whole("text")))),
        conversation: None,
    }
}

fn given(body: Body) -> Given {
    Given {
        status: StatusCode::OK,
        reason: "OK".to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: vec![Header::new("Set-Cookie", "id=7; Path=/")],
        body,
    }
}

fn there_and_back(entry: Entry) -> Value {
    let trace = Trace {
        comment: String::new(),
        entries: vec![entry],
    };
    let text = trace.to_har().unwrap();
    assert_eq!(Trace::parse(text.as_bytes()).unwrap(), trace, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn targets_that_no_url_can_say_survive() {
    for target in [
        "/a?b=c&d",
        "/a#b",
        "/to?url=http://other.example/x",
        "\\hooks\\wake",
        "http://other.example/x",
        "//",
        "*",
        "/%zz",
    ] {
        there_and_back(entry(target));
    }
}

#[test]
fn a_plain_target_needs_no_key_of_our_own() {
    let file = there_and_back(entry("/a?b=c&d"));
    let request = &file["log"]["entries"][0]["request"];
    assert_eq!(request["url"], "http://127.0.0.1:8080/a?b=c&d");
    assert_eq!(request["_target"], Value::Null);
    assert_eq!(
        request["queryString"],
        json!([{"name": "b", "value": "c"}, {"name": "d", "value": ""}])
    );
    assert_eq!(request["postData"]["text"], "/wAB");
}

#[test]
fn cookies_are_listed_as_the_format_asks() {
    let file = there_and_back(entry("/"));
    let entry = &file["log"]["entries"][0];
    assert_eq!(
        entry["request"]["cookies"],
        json!([{"name": "a", "value": "1"}, {"name": "b", "value": "2"}])
    );
    assert_eq!(
        entry["response"]["cookies"],
        json!([{"name": "id", "value": "7"}])
    );
}

#[test]
fn every_kind_of_answer_survives() {
    let bodies = [
        Body::Length(96_542),
        Body::Kept(Kept::whole("")),
        Body::Kept(Kept::whole(&b"\x89PNG\xff"[..])),
        Body::Kept(Kept {
            bytes: Bytes::from_static(b"data: 1\n\n"),
            extent: Extent::Cut,
        }),
    ];
    for body in bodies {
        let mut entry = entry("/");
        if let Answer::Given(given) = &mut entry.answer {
            given.body = body;
        }
        there_and_back(entry);
    }
    let silent = Answer::Silence("net::ERR_CONNECTION_RESET".to_owned());
    there_and_back(Entry {
        answer: silent,
        ..entry("/")
    });
}

#[test]
fn a_conversation_is_written_as_chromium_writes_it() {
    let message = |way, payload| Message {
        way,
        time: 1_795_206_577.393,
        payload,
    };
    let conversation = Conversation {
        messages: vec![
            message(Way::Receive, Payload::Text("hello".to_owned())),
            message(Way::Send, Payload::Binary(Bytes::from_static(b"\x00\xff"))),
            message(Way::Send, Payload::Compressed(Bytes::from_static(b"\xca"))),
        ],
        close: Some(Close {
            code: 1008,
            reason: "no".to_owned(),
        }),
        extent: Extent::Whole,
    };
    let file = there_and_back(Entry {
        conversation: Some(conversation),
        ..entry("/")
    });
    let entry = &file["log"]["entries"][0];
    assert_eq!(entry["_resourceType"], "websocket");
    assert_eq!(
        entry["_webSocketMessages"][0],
        json!({"type": "receive", "time": 1_795_206_577.393, "opcode": 1, "data": "hello"})
    );
    assert_eq!(entry["_webSocketMessages"][1]["data"], "AP8=");
    assert_eq!(entry["_webSocketCut"], Value::Null);
}

#[test]
fn a_conversation_without_its_end_says_so() {
    let cut = Conversation {
        extent: Extent::Cut,
        ..Conversation::default()
    };
    let file = there_and_back(Entry {
        conversation: Some(cut),
        ..entry("/")
    });
    assert_eq!(file["log"]["entries"][0]["_webSocketCut"], true);
}

#[test]
fn a_body_is_compared_without_its_coding() {
    let given = Given {
        headers: vec![
            Header::new("Content-Encoding", "gzip"),
            Header::new("Content-Type", "text/plain"),
        ],
        ..given(Body::Kept(Kept::whole("hello")))
    };
    let mut packed = given.observation(Duration::ZERO);
    packed
        .headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"hello").unwrap();
    packed.body = Kept::whole(gzip.finish().unwrap());
    let found = compare(
        &given.observation(Duration::ZERO),
        &packed,
        &Rules::none(),
        None,
    );
    assert!(found.is_match(), "{found:?}");
}

#[test]
fn an_entry_goes_over_a_stream_on_one_line() {
    let entry = entry("/");
    let line = entry.to_har().unwrap();
    assert!(!line.contains('\n'));
    assert_eq!(Entry::parse(line.as_bytes()).unwrap(), entry);
}

/// An export of Chromium, shortened: HTTP/2, no text in the answer, keys that nobody knows.
const CHROMIUM: &str = r#"{"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [],
  "entries": [{
    "_connectionId": "35", "_initiator": {"type": "other"}, "_priority": "VeryHigh", "_resourceType": "document",
    "cache": {}, "connection": "443", "serverIPAddress": "192.0.2.1", "startedDateTime": "2026-11-20T10:00:00.000Z", "time": 31.5,
    "timings": {"blocked": 1.2, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 30, "receive": 0.2, "_queued": 0.6},
    "request": {"method": "GET", "url": "https://shop.example/items?x=1#top", "httpVersion": "http/2.0", "cookies": [], "queryString": [],
      "headers": [{"name": ":authority", "value": "shop.example"}, {"name": ":method", "value": "GET"}, {"name": "accept", "value": "*/*"}],
      "headersSize": -1, "bodySize": 0},
    "response": {"status": 204, "statusText": "", "httpVersion": "http/2.0", "cookies": [], "headers": [{"name": "x", "value": "y"}],
      "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": 80, "_error": null}
  }]}}"#;

#[test]
fn an_export_of_a_browser_is_read() {
    let trace = Trace::parse(CHROMIUM.as_bytes()).unwrap();
    let request = &trace.entries[0].request;
    assert_eq!(
        (request.origin.as_str(), request.target.as_str()),
        ("https://shop.example", "/items?x=1")
    );
    let headers = [
        Header::new("host", "shop.example"),
        Header::new("accept", "*/*"),
    ];
    assert_eq!(request.headers, headers);
    let Answer::Given(given) = &trace.entries[0].answer else {
        panic!("no answer")
    };
    assert_eq!(given.body, Body::Kept(Kept::whole("")));
}

fn fault(pointer: &str, value: Value) -> String {
    let mut file: Value = serde_json::from_str(CHROMIUM).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = file.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => drop(parent.remove(key)),
        value => drop(parent.insert(key.to_owned(), value)),
    }
    let parsed = Trace::parse(file.to_string().as_bytes());
    parsed.err().map(|e| e.to_string()).unwrap_or_default()
}

#[test]
fn faults_name_the_entry_and_the_field() {
    let check = |pointer: &str, value: Value, expect: &str| {
        let fault = fault(pointer, value);
        assert!(fault.starts_with(expect), "{fault}");
    };
    let entry = "/log/entries/0";
    check(
        &format!("{entry}/request/url"),
        Value::Null,
        "log.entries[0].request: missing field `url`",
    );
    check(
        &format!("{entry}/request/headers/0/value"),
        json!(5),
        "log.entries[0].request.headers[0].value: invalid type",
    );
    check(
        &format!("{entry}/request/url"),
        json!("/to?url=http://a/"),
        "log.entries[0].request.url: \"/to?url=http://a/\" is not an absolute URL",
    );
    check(
        &format!("{entry}/response/status"),
        json!(99),
        "log.entries[0].response.status: invalid status code",
    );
    check(
        &format!("{entry}/response/content"),
        json!({"text": "%", "encoding": "base64"}),
        "log.entries[0].response.content: not base64",
    );
    check(
        &format!("{entry}/request/postData"),
        json!({"mimeType": "x", "params": [{"name": "a"}]}),
        "log.entries[0].request.postData: there are parameters",
    );
    check(
        &format!("{entry}/_webSocketMessages"),
        json!([{"type": "send", "opcode": 2, "data": "%"}]),
        "log.entries[0]._webSocketMessages: message 0: not base64",
    );
}

#[test]
fn what_is_no_trace_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        "{\"log\": {}}",
        "{\"log\": {\"entries\": []}} x",
    ] {
        assert!(Trace::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(Trace::parse(b"\xef\xbb\xbf{\"log\": {\"entries\": []}}").is_ok());
}
