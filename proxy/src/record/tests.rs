use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use overgrow_handler::{Body, BoxError};
use overgrow_parity::trace::{self, Answer, Given};
use overgrow_parity::{Extent, Kept};

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn body(text: &'static str) -> Body {
    Body::new(Full::new(Bytes::from_static(text.as_bytes())).map_err(BoxError::from))
}

fn request(text: &'static str) -> Request<Body> {
    Request::post("/orders?token=s3cret&page=2")
        .header("host", "shop.example")
        .header("authorization", "Bearer abcdef")
        .header("content-type", "application/json")
        .body(body(text))
        .unwrap()
}

fn response(content: Body) -> Response<Body> {
    Response::builder()
        .header("content-type", "application/json")
        .body(content)
        .unwrap()
}

/// As the gateway does: the backend reads the question, the client the answer.
async fn exchange(recorder: &Recorder, mut asked: Request<Body>, answer: Response<Body>) {
    let pending = recorder
        .wants("orders")
        .map(|tap| tap.question(&mut asked, "http"));
    let _ = asked.into_body().collect().await;
    let answered = match pending {
        Some(pending) => pending.answered(answer),
        None => answer,
    };
    let _ = answered.into_body().collect().await;
}

fn given(entry: Entry) -> Given {
    match entry.answer {
        Answer::Given(given) => given,
        Answer::Silence(why) => panic!("{why}"),
    }
}

#[tokio::test]
async fn an_exchange_is_taken_down_without_its_secrets() {
    let recorder = Recorder::new();
    let mut recording = recorder.listen("orders");
    let answer = response(body(r#"{"id":7,"access_token":"abc"}"#));
    exchange(&recorder, request(r#"{"password":"p"}"#), answer).await;
    let entry = recording.next().await.unwrap();
    let text = entry.to_har().unwrap();
    for secret in ["s3cret", "abcdef", r#"\"p\""#, r#"\"abc\""#] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(entry.request.origin, "http://shop.example");
    assert!(entry.request.target.starts_with("/orders?token="));
    assert!(entry.request.target.ends_with("&page=2"));
    let given = given(entry);
    assert_eq!(given.status, StatusCode::OK);
    let trace::Body::Kept(kept) = given.body else {
        panic!("no body")
    };
    assert!(kept.bytes.starts_with(br#"{"id":7,"#), "{kept:?}");
    assert_eq!(recording.missed(), 0);
}

#[tokio::test]
async fn nobody_is_told_who_does_not_listen_to_the_route() {
    let recorder = Recorder::new();
    assert!(recorder.wants("orders").is_none());
    let other = recorder.listen("users");
    assert!(recorder.wants("orders").is_none());
    let orders = recorder.listen("orders");
    assert!(recorder.wants("orders").is_some());
    drop(orders);
    assert!(recorder.wants("orders").is_none());
    drop(other);
    assert!(recorder.wants("users").is_none());
}

#[tokio::test]
async fn two_may_listen_at_once() {
    let recorder = Recorder::new();
    let mut listeners = [recorder.listen("orders"), recorder.listen("orders")];
    exchange(&recorder, request("{}"), response(body("{}"))).await;
    for recording in &mut listeners {
        assert!(recording.next().await.is_some());
    }
}

#[tokio::test]
async fn a_question_that_was_not_read_to_its_end_is_missed() {
    let recorder = Recorder::new();
    let recording = recorder.listen("orders");
    let mut asked = request("{}");
    let tap = recorder.wants("orders").unwrap();
    let pending = tap.question(&mut asked, "http");
    let answered = pending.answered(response(body("{}")));
    let _ = answered.into_body().collect().await;
    assert_eq!(recording.missed(), 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_kept_as_cut() {
    let recorder = Recorder::new();
    let mut recording = recorder.listen("orders");
    let frames = [
        Ok(Frame::data(Bytes::from_static(b"[1,"))),
        Err(BoxError::from("gone")),
    ];
    let broken = Body::new(StreamBody::new(stream::iter(frames)));
    exchange(&recorder, request("{}"), response(broken)).await;
    let given = given(recording.next().await.unwrap());
    let expect = Kept {
        bytes: Bytes::from_static(b"[1,"),
        extent: Extent::Cut,
    };
    assert_eq!(given.body, trace::Body::Kept(expect));
}

#[tokio::test]
async fn a_listener_who_does_not_listen_misses_and_stops_nobody() {
    let recorder = Recorder::new();
    let recording = recorder.listen("orders");
    for _ in 0..QUEUE + 3 {
        exchange(&recorder, request("{}"), response(body("{}"))).await;
    }
    assert_eq!(recording.missed(), 3);
}

/// `{"id":7,"password":"hunter2"}`, by gzip.
const PACKED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 76, 81, 178, 50, 215, 81, 42, 72, 44, 46, 46,
    207, 47, 2, 114, 148, 50, 74, 243, 74, 82, 139, 140, 148, 106, 1, 75, 216, 219, 148, 29, 0, 0,
    0,
];

fn packed(bytes: &'static [u8]) -> Response<Body> {
    let body = Full::new(Bytes::from_static(bytes)).map_err(BoxError::from);
    let mut answer = response(Body::new(body));
    let coding = http::HeaderValue::from_static("gzip");
    answer.headers_mut().insert("content-encoding", coding);
    answer
}

#[tokio::test]
async fn a_packed_body_is_unpacked_and_looked_through() {
    let recorder = Recorder::new();
    let mut recording = recorder.listen("orders");
    exchange(&recorder, request("{}"), packed(PACKED)).await;
    let trace::Body::Kept(kept) = given(recording.next().await.unwrap()).body else {
        panic!("not unpacked")
    };
    let text = std::str::from_utf8(&kept.bytes).unwrap();
    assert!(
        text.contains("\"id\"") && !text.contains("hunter2"),
        "{text}"
    );
}

#[tokio::test]
async fn of_what_cannot_be_unpacked_only_the_length_is_kept() {
    let recorder = Recorder::new();
    let mut recording = recorder.listen("orders");
    exchange(&recorder, request("{}"), packed(b"no gzip")).await;
    let given = given(recording.next().await.unwrap());
    assert_eq!(given.body, trace::Body::Length(7));
}

#[tokio::test]
async fn a_packed_question_is_missed() {
    let recorder = Recorder::new();
    let recording = recorder.listen("orders");
    let mut asked = request("{}");
    let coding = http::HeaderValue::from_static("gzip");
    asked.headers_mut().insert("content-encoding", coding);
    exchange(&recorder, asked, response(body("{}"))).await;
    assert_eq!(recording.missed(), 1);
}

/// A WebSocket as the gateway opens it: what it reads is overheard, from the client and from the service.
async fn socket(recorder: &Recorder) -> Ears {
    let mut asked = request("");
    let tap = recorder.wants("orders").unwrap();
    let pending = tap.question(&mut asked, "http");
    let _ = asked.into_body().collect().await;
    let mut answer = response(Body::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let mut answered = pending.answered(answer);
    answered.extensions_mut().remove::<Ears>().unwrap()
}

async fn say(far: &mut DuplexStream, near: &mut Overheard<DuplexStream>, bytes: &[u8]) {
    far.write_all(bytes).await.unwrap();
    let mut read = vec![0; bytes.len()];
    near.read_exact(&mut read).await.unwrap();
    assert_eq!(read, bytes);
}

fn conversation(entry: &Entry) -> Vec<(&str, &str)> {
    let conversation = entry.conversation.as_ref().unwrap();
    let messages = conversation.messages.iter();
    let told = messages.map(|message| match &message.payload {
        trace::Payload::Text(text) => (message.way.name(), text.as_str()),
        other => panic!("{other:?}"),
    });
    told.collect()
}

const PASSWORD: &[u8] = b"\x81\x10{\"password\":\"p\"}";
const HELLO: &[u8] = b"\x81\x05hello";
const BYE: &[u8] = b"\x88\x02\x03\xe8";

const SAID: [(&str, &str); 2] = [
    ("send", r#"{"password":"[redacted]"}"#),
    ("receive", "hello"),
];

#[tokio::test]
async fn a_socket_is_heard_when_it_closes_and_without_its_secrets() {
    let recorder = Recorder::new();
    let mut recording = recorder.listen("orders");
    let ears = socket(&recorder).await;
    let (mut client, near) = tokio::io::duplex(64);
    let (mut service, far) = tokio::io::duplex(64);
    let (mut near, mut far) = (ears.client(near), ears.service(far));
    drop(ears);
    say(&mut client, &mut near, PASSWORD).await;
    say(&mut service, &mut far, HELLO).await;
    say(&mut service, &mut far, BYE).await;
    drop(near);
    assert!(recording.drafts.try_recv().is_err(), "one side is open");
    drop(far);
    let entry = recording.next().await.unwrap();
    assert_eq!(conversation(&entry), SAID);
    let conversation = entry.conversation.unwrap();
    assert_eq!(conversation.extent, Extent::Whole);
    assert_eq!(conversation.close.unwrap().code, 1000);
}

#[tokio::test]
async fn a_socket_that_is_open_at_the_end_is_heard_as_far_as_it_came() {
    let recorder = Recorder::new();
    let mut recording = recorder.listen("orders");
    let waiting = exchange(&recorder, request("{}"), response(body("{}")));
    waiting.await;
    let ears = socket(&recorder).await;
    let (mut client, near) = tokio::io::duplex(64);
    let (mut service, far) = tokio::io::duplex(64);
    let (mut near, mut far) = (ears.client(near), ears.service(far));
    say(&mut client, &mut near, PASSWORD).await;
    say(&mut service, &mut far, HELLO).await;
    recording.end();
    assert!(recorder.wants("orders").is_none());
    say(&mut service, &mut far, BYE).await;
    drop((ears, near, far));
    let other = recording.next().await.unwrap();
    assert_eq!(other.conversation, None);
    let entry = recording.next().await.unwrap();
    assert_eq!(conversation(&entry), SAID);
    assert!(recording.next().await.is_none());
    assert_eq!(recording.missed(), 0);
}

#[test]
fn only_the_recording_of_that_number_is_dismissed() {
    let recorder = Recorder::new();
    let [one, other] = [recorder.listen("orders"), recorder.listen("orders")];
    assert!(recorder.dismiss(other.number()));
    assert!(other.is_dismissed() && !one.is_dismissed());
    let number = other.number();
    drop(other);
    assert!(!recorder.dismiss(number));
}
