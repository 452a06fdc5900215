//! What the handler does beside answering as recorded: dispatches, refuses, leaves.

mod support;

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, StatusCode};
use http_body::Frame;
use overgrow_bridge::{Agent, Dispatch, Wake, WakeMode};
use overgrow_handler::{Body, Declined, Effects};
use overgrow_settings::{Action, Live, Mapping, Settings, Transform};
use serde_json::json;

use support::{Answer, ask, bridge, call, mapping, post, settings};

fn with(mappings: Vec<Mapping>) -> Settings {
    let mut settings = settings();
    settings.hooks.as_mut().expect("enabled").mappings = mappings;
    settings
}

fn with_max_body(max_body: u64) -> Settings {
    let mut settings = settings();
    settings.hooks.as_mut().expect("enabled").max_body = max_body;
    settings
}

/// What a request makes the bridge accept.
async fn dispatched(settings: Settings, request: Request<Body>) -> (Answer, Vec<Dispatch>) {
    let bridge = bridge(Some(&["telegram", "msteams"]));
    let handler = overgrow_hooks::handler(Live::fixed(settings), bridge.clone());
    let answer = call(handler, Effects::performing(), request).await;
    (answer.expect("answered"), bridge.kept())
}

async fn turn(settings: Settings, request: Request<Body>) -> Agent {
    let (answer, mut dispatches) = dispatched(settings, request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    match dispatches.pop() {
        Some(Dispatch::Agent(agent)) if dispatches.is_empty() => *agent,
        other => panic!("{other:?}"),
    }
}

async fn event(settings: Settings, request: Request<Body>) -> Wake {
    let (answer, mut dispatches) = dispatched(settings, request).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    match dispatches.pop() {
        Some(Dispatch::Wake(wake)) if dispatches.is_empty() => wake,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wake_is_dispatched_trimmed() {
    let body = r#"{"text":"\ufeff a \ud83d b\u3000","mode":"next-heartbeat"}"#;
    let wake = event(settings(), post("/hooks/wake", body)).await;
    let text = "a \u{fffd} b".to_owned();
    assert_eq!(
        wake,
        Wake {
            text,
            mode: WakeMode::NextHeartbeat
        }
    );
}

#[tokio::test]
async fn a_turn_is_dispatched_with_the_gateways_defaults() {
    let agent = turn(settings(), post("/hooks/agent", r#"{"message":" m "}"#)).await;
    let session = agent
        .session_key
        .strip_prefix("hook:")
        .expect("a session of its own");
    assert_eq!(session.len(), 36);
    let expected = Agent {
        message: "m".to_owned(),
        name: "Hook".to_owned(),
        wake_mode: WakeMode::Now,
        session_key: agent.session_key.clone(),
        deliver: true,
        channel: "last".to_owned(),
        to: None,
        model: None,
        thinking: None,
        timeout_seconds: None,
    };
    assert_eq!(agent, expected);
}

#[tokio::test]
async fn a_turn_is_dispatched_as_it_was_asked_for() {
    let body = json!({
        "message": "m", "name": " N ", "wakeMode": "next-heartbeat", "sessionKey": " s ", "deliver": false,
        "channel": " Teams ", "to": " t ", "model": " x ", "thinking": " low ", "timeoutSeconds": 30.9,
    });
    let agent = turn(settings(), post("/hooks/agent", body.to_string())).await;
    let expected = Agent {
        message: "m".to_owned(),
        name: "N".to_owned(),
        wake_mode: WakeMode::NextHeartbeat,
        session_key: "s".to_owned(),
        deliver: false,
        channel: "msteams".to_owned(),
        to: Some("t".to_owned()),
        model: Some("x".to_owned()),
        thinking: Some("low".to_owned()),
        timeout_seconds: Some(30.0),
    };
    assert_eq!(agent, expected);
}

#[tokio::test]
async fn only_a_finite_positive_limit_is_kept() {
    for (said, kept) in [
        ("0.5", Some(0.5)),
        ("0", None),
        ("-1", None),
        ("1e400", None),
        ("\"9\"", None),
    ] {
        let body = format!(r#"{{"message":"m","timeoutSeconds":{said}}}"#);
        let agent = turn(settings(), post("/hooks/agent", body)).await;
        assert_eq!(agent.timeout_seconds, kept, "{said}");
    }
}

#[tokio::test]
async fn mappings_fill_their_templates_in() {
    let body = r#"{"a":{"k":1},"b":[0,{"c":"s"}]}"#;
    let wake = event(settings(), post("/hooks/mapwake/?q=zz", body)).await;
    assert_eq!(wake.text, r#"T:{"k":1}|s||zz|mapwake/"#);
    let gmail = r#"{"messages":[{"id":"7","from":"f","subject":"s"}]}"#;
    let agent = turn(settings(), post("/hooks/gmail", gmail)).await;
    assert_eq!(agent.session_key, "hook:gmail:7");
    assert_eq!(
        (&*agent.name, &*agent.message),
        ("Gmail", "New email from f\nSubject: s")
    );
    let empty = ask(settings(), None, post("/hooks/mapempty", "")).await;
    let expected = Answer::json(400, r#"{"ok":false,"error":"hook mapping requires text"}"#);
    assert_eq!(empty, Ok(expected));
}

#[tokio::test]
async fn a_refusal_lists_the_channels_of_the_legacy() {
    let body = r#"{"message":"m","channel":"bogus"}"#;
    let refused = ask(
        settings(),
        Some(&["telegram", "line"]),
        post("/hooks/agent", body),
    )
    .await;
    let words = r#"{"ok":false,"error":"channel must be last|telegram|line"}"#;
    assert_eq!(refused, Ok(Answer::json(400, words)));
    let unknown = ask(settings(), None, post("/hooks/agent", body)).await;
    assert_eq!(unknown, Err(Declined("channels")));
}

#[tokio::test]
async fn words_of_v8_are_echoed_with_halves_escaped() {
    let refused = ask(settings(), None, post("/hooks/wake", "nu😀")).await;
    let words = r#"{"ok":false,"error":"SyntaxError: Unexpected token '\ud83d', \"nu😀\" is not valid JSON"}"#;
    assert_eq!(refused, Ok(Answer::json(400, words)));
}

#[tokio::test]
async fn what_cannot_run_here_is_left_before_the_body_is_read() {
    let transform = Some(Transform {
        module: "/t.mjs".into(),
        export: None,
    });
    let all = Mapping {
        transform: transform.clone(),
        ..mapping(Action::Wake)
    };
    let unread = || post("/hooks/any", Body::new(Unreadable));
    let left = ask(with(vec![all.clone()]), None, unread()).await;
    assert_eq!(left, Err(Declined("transform")));
    let unwrapped = Mapping {
        allow_unsafe: Some(true),
        ..mapping(Action::Agent)
    };
    let left = ask(with(vec![unwrapped]), None, unread()).await;
    assert_eq!(left, Err(Declined("unsafe_content")));
    let of_source = |mapping| Mapping {
        source: Some("s".to_owned()),
        ..mapping
    };
    let late = || with(vec![of_source(all.clone()), mapping(Action::Wake)]);
    let left = ask(late(), None, post("/hooks/any", r#"{"source":"s"}"#)).await;
    assert_eq!(left, Err(Declined("transform")));
    let answered = ask(late(), None, post("/hooks/any", "{}")).await;
    assert_eq!(answered.map(|answer| answer.status), Ok(400));
}

#[tokio::test]
async fn a_body_that_could_not_be_left_is_not_begun() {
    let unread = || post("/hooks/agent", Body::new(Unreadable));
    let left = ask(with_max_body(1 << 20), None, unread()).await;
    assert_eq!(left, Err(Declined("large_body")));
    let small = post("/hooks/agent", r#"{"message":"m"}"#);
    let answered = ask(with_max_body(1 << 20), None, small).await;
    assert_eq!(answered.map(|answer| answer.status), Ok(202));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_413() {
    let expected = Ok(Answer::json(
        413,
        r#"{"ok":false,"error":"payload too large"}"#,
    ));
    let announced = post("/hooks/wake", "x".repeat(11));
    assert_eq!(ask(with_max_body(10), None, announced).await, expected);
    let chunked = Body::new(Chunks(vec!["78901", "123456"]));
    assert_eq!(
        ask(with_max_body(10), None, post("/hooks/wake", chunked)).await,
        expected
    );
    let fits = ask(with_max_body(10), None, post("/hooks/wake", "1234567890")).await;
    assert_eq!(fits.map(|answer| answer.status), Ok(400));
}

#[tokio::test]
async fn a_value_too_deep_to_print_is_left() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let all = Mapping {
        text: Some("{{a}}".to_owned()),
        ..mapping(Action::Wake)
    };
    let left = ask(with(vec![all.clone()]), None, post("/hooks/any", deep)).await;
    assert_eq!(left, Err(Declined("deep")));
    let mut large = with(vec![all]);
    large.hooks.as_mut().expect("enabled").max_body = 1 << 20;
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let failed = ask(large, None, post("/hooks/any", deep)).await;
    let words = r#"{"ok":false,"error":"hook mapping failed"}"#;
    assert_eq!(failed, Ok(Answer::json(500, words)));
}

#[tokio::test]
async fn hooks_that_are_not_enabled_are_the_legacys() {
    let mut off = settings();
    off.hooks = None;
    assert_eq!(
        ask(off, None, post("/hooks/wake", "{}")).await,
        Err(Declined("not_enabled"))
    );
    let handler = overgrow_hooks::handler(Live::default(), bridge(None));
    let left = call(handler, Effects::performing(), post("/hooks/wake", "{}")).await;
    assert_eq!(left, Err(Declined("not_enabled")));
    let mut websocket = post("/hooks/wake", "{}");
    websocket
        .headers_mut()
        .insert("upgrade", http::HeaderValue::from_static("WebSocket"));
    assert_eq!(
        ask(settings(), None, websocket).await,
        Err(Declined("upgrade"))
    );
}

#[tokio::test]
async fn a_full_queue_asks_to_come_again() {
    let bridge = bridge(None);
    let wake = || {
        let text = "x".to_owned();
        Dispatch::Wake(Wake {
            text,
            mode: WakeMode::Now,
        })
    };
    let effects = Effects::performing();
    while bridge.dispatch(&effects, wake()).await.is_ok() {}
    let handler = overgrow_hooks::handler(Live::fixed(settings()), bridge);
    let answer = call(handler, effects, post("/hooks/wake", r#"{"text":"x"}"#)).await;
    let mut expected = Answer::json(
        503,
        r#"{"ok":false,"error":"queue to the gateway is full"}"#,
    );
    expected
        .headers
        .push(("retry-after".to_owned(), "1".to_owned()));
    assert_eq!(answer, Ok(expected));
}

#[tokio::test]
async fn planning_describes_and_dispatches_nothing() {
    let bridge = bridge(None);
    let handler = overgrow_hooks::handler(Live::fixed(settings()), bridge.clone());
    assert!(handler.is_through_effects() && handler.may_decline());
    let (effects, plan) = Effects::planning();
    let answer = call(handler, effects, post("/hooks/wake", r#"{"text":"x"}"#)).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200));
    let taken = plan.take();
    assert_eq!((taken.len(), &*taken[0].target), (1, "wake"));
    assert_eq!(bridge.kept(), []);
}

#[test]
fn what_is_left_is_said() {
    let handler = overgrow_hooks::handler(Live::fixed(settings()), bridge(None));
    let lines = handler.leaves();
    let transforms = lines
        .iter()
        .filter(|line| line.contains("JavaScript transform"));
    assert_eq!((lines.len(), transforms.count()), (5, 3), "{lines:?}");
}

/// A body in chunks, the last one first.
struct Chunks(Vec<&'static str>);

impl http_body::Body for Chunks {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Poll::Ready(self.0.pop().map(|chunk| Ok(Frame::data(chunk.into()))))
    }
}

/// A body of unknown length that fails the test when it is read.
struct Unreadable;

impl http_body::Body for Unreadable {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        panic!("the body was read")
    }
}
