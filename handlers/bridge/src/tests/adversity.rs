//! What becomes of a dispatch when the legacy cuts, refuses or does not let us in.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use overgrow_settings::Secret;
use serde_json::json;

use super::double::{Asked, Double, Reply, text};
use super::*;
use crate::{BridgeError, Target};

#[tokio::test]
async fn a_connection_cut_before_the_answer_brings_it_again_under_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let cuts = AtomicUsize::new(0);
    legacy.answer(move |asked| match asked {
        Asked::Wake { text, .. } if text == "b" && cuts.fetch_add(1, SeqCst) < 2 => Reply::Cut,
        _ => Reply::Well,
    });
    let bridge = open(folder.path());
    for text in ["a", "b", "c"] {
        accept(&bridge, wake(text)).await;
    }
    bridge.follow(legacy.target());
    let mut seen = Vec::new();
    while seen.last().is_none_or(|(_, text)| text != "c") {
        if let Asked::Wake { id, text } = legacy.delivery().await {
            seen.push((id, text));
        }
    }
    seen.dedup();
    let texts: Vec<_> = seen.iter().map(|(_, text)| &**text).collect();
    assert_eq!(texts, ["a", "b", "c"], "in order, each under one key");
    until_delivered(&bridge, 3).await;
}

#[tokio::test]
async fn garbage_between_the_answers_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    legacy.answer(|_| Reply::Garbage);
    let bridge = open(folder.path());
    bridge.follow(legacy.target());
    accept(&bridge, wake("a")).await;
    assert_eq!(legacy.texts(1).await, ["a"]);
    until_delivered(&bridge, 1).await;
}

#[tokio::test]
async fn a_legacy_that_is_unwell_or_locked_is_tried_until_it_is_not() {
    for code in [503, 502, 429, 401, 404] {
        let folder = tempfile::tempdir().unwrap();
        let mut legacy = Double::start().await;
        legacy.answer(move |asked| match asked {
            Asked::Post { .. } => Reply::Status(code),
            _ => Reply::Well,
        });
        let bridge = open(folder.path());
        bridge.follow(legacy.target());
        accept(&bridge, agent("a")).await;
        // More often than an entry may fail by its own fault.
        assert_eq!(legacy.texts(15).await, ["a"; 15]);
        let status = bridge.status();
        assert!(status.last_error.unwrap().contains(&code.to_string()));
        legacy.answer(|_| Reply::Well);
        let status = until_delivered(&bridge, 1).await;
        assert_eq!((status.dead, status.last_error), (0, None), "{code}");
    }
}

#[tokio::test]
async fn a_new_token_is_used_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    legacy.answer(|asked| match asked {
        Asked::Post { token, .. } if token != "Bearer new" => Reply::Status(401),
        _ => Reply::Well,
    });
    let bridge = open(folder.path());
    bridge.follow(legacy.target());
    accept(&bridge, agent("a")).await;
    assert_eq!(legacy.texts(1).await, ["a"]);
    bridge.follow(Target {
        hooks_token: Secret::new("new"),
        ..legacy.target()
    });
    until_delivered(&bridge, 1).await;
}

#[tokio::test]
async fn what_the_legacy_refuses_is_a_dead_letter_and_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    legacy.answer(|asked| match asked {
        Asked::Wake { text, .. } if text == "bad" => Reply::Refuse("INVALID_REQUEST", "invalid"),
        Asked::Post { body, .. } if body["message"] == "bad" => Reply::Status(400),
        _ => Reply::Well,
    });
    let bridge = open(folder.path());
    for dispatch in [wake("bad"), agent("bad"), wake("good")] {
        accept(&bridge, dispatch).await;
    }
    bridge.follow(legacy.target());
    assert_eq!(legacy.texts(3).await, ["bad", "bad", "good"]);
    until_delivered(&bridge, 1).await;
    let letters = bridge.dead_letters().await.unwrap();
    let reasons: Vec<_> = letters.iter().map(|letter| &*letter.reason).collect();
    assert!(
        reasons[0].contains("INVALID_REQUEST: invalid"),
        "{reasons:?}"
    );
    assert!(reasons[1].contains("400") && reasons[1].contains(r#"{"status":400}"#));

    legacy.answer(|_| Reply::Well);
    bridge.discard(letters[0].id).await.unwrap();
    bridge.resend(letters[1].id).await.unwrap();
    assert_eq!(legacy.texts(1).await, ["bad"]);
    let status = until_delivered(&bridge, 2).await;
    assert_eq!(status.dead, 0);
    let again = bridge.discard(letters[0].id).await;
    assert!(matches!(again, Err(BridgeError::NoSuchLetter(_))));
}

#[tokio::test]
async fn what_the_legacy_cannot_bear_is_given_up_after_ten_times() {
    for reply in [Reply::Cut, Reply::Status(500)] {
        let folder = tempfile::tempdir().unwrap();
        let mut legacy = Double::start().await;
        let script = reply.clone();
        legacy.answer(move |asked| match asked {
            Asked::Post { body, .. } if body["message"] == "heavy" => script.clone(),
            _ => Reply::Well,
        });
        let bridge = open(folder.path());
        for dispatch in [agent("heavy"), agent("light")] {
            accept(&bridge, dispatch).await;
        }
        bridge.follow(legacy.target());
        assert_eq!(legacy.texts(10).await, ["heavy"; 10]);
        assert_eq!(legacy.texts(1).await, ["light"]);
        assert_eq!(until_delivered(&bridge, 1).await.dead, 1, "{reply:?}");
    }
}

#[tokio::test]
async fn without_the_gateway_wakes_go_to_the_hooks() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let bridge = open(folder.path());
    bridge.follow(Target {
        gateway_token: None,
        ..legacy.target()
    });
    accept(&bridge, wake("a")).await;
    let Asked::Post { path, body, .. } = legacy.next().await else {
        panic!("nothing but the hooks is asked")
    };
    let expect = json!({"text": "a", "mode": "now"});
    assert_eq!((&*path, body), ("/hooks/wake", expect));
    assert!(until_delivered(&bridge, 1).await.connected);
    assert_eq!(bridge.channels(), None);
}

#[tokio::test]
async fn a_gateway_that_refuses_us_does_not_keep_wakes_from_the_hooks() {
    let refusals = [
        ("INVALID_REQUEST", "unauthorized: gateway token mismatch"),
        ("INVALID_REQUEST", "missing scope: operator.read"),
    ];
    for (code, message) in refusals {
        let folder = tempfile::tempdir().unwrap();
        let mut legacy = Double::start().await;
        let at_the_door = message.starts_with("unauthorized");
        legacy.answer(move |asked| match asked {
            Asked::Connect(_) if at_the_door => Reply::Refuse(code, message),
            Asked::Channels => Reply::Refuse(code, message),
            _ => Reply::Well,
        });
        let bridge = open(folder.path());
        bridge.follow(legacy.target());
        accept(&bridge, wake("a")).await;
        assert!(matches!(legacy.delivery().await, Asked::Post { .. }));
        let status = until_delivered(&bridge, 1).await;
        assert!(status.last_error.unwrap().contains(message));
    }
}

#[tokio::test]
async fn a_wake_larger_than_a_frame_goes_to_the_hooks() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let bridge = open(folder.path());
    bridge.follow(Target {
        max_body: 10_000_000,
        ..legacy.target()
    });
    let long = "x".repeat(600_000);
    for text in ["a", &*long, "b"] {
        accept(&bridge, wake(text)).await;
    }
    assert!(matches!(legacy.delivery().await, Asked::Wake { .. }));
    let posted = legacy.delivery().await;
    assert!(matches!(posted, Asked::Post { .. }));
    assert_eq!(text(posted), long);
    assert_eq!(legacy.texts(1).await, ["b"]);
}

#[tokio::test]
async fn a_turn_that_was_taken_is_not_sent_again_with_the_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let failures = AtomicUsize::new(0);
    legacy.answer(move |asked| match asked {
        Asked::Post { body, .. }
            if body["message"] == "b" && failures.fetch_add(1, SeqCst) == 0 =>
        {
            Reply::Status(503)
        }
        _ => Reply::Well,
    });
    let bridge = open(folder.path());
    for message in ["a", "b", "c"] {
        accept(&bridge, agent(message)).await;
    }
    bridge.follow(legacy.target());
    assert_eq!(legacy.texts(4).await, ["a", "b", "b", "c"]);
    until_delivered(&bridge, 3).await;
}
