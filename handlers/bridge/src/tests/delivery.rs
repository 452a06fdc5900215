//! What was accepted reaches the legacy, in order, and what was not does not.

use overgrow_handler::Effects;
use serde_json::json;

use super::double::{Asked, Double};
use super::*;
use crate::{BridgeError, Target};

#[tokio::test]
async fn wakes_go_over_the_websocket_and_turns_to_the_hooks_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let bridge = open(folder.path());
    for dispatch in [wake("a"), wake("b"), agent("c"), wake("d")] {
        accept(&bridge, dispatch).await;
    }
    bridge.follow(legacy.target());
    let Asked::Connect(params) = legacy.next().await else {
        panic!("greeted first")
    };
    assert_eq!(params["auth"], json!({"token": "gateway-token"}));
    assert_eq!(params["client"]["id"], "gateway-client");
    assert_eq!(params["client"]["mode"], "backend");
    assert_eq!(legacy.next().await, Asked::Channels);
    assert_eq!(legacy.texts(2).await, ["a", "b"]);
    let Asked::Post {
        path, token, body, ..
    } = legacy.delivery().await
    else {
        panic!("a turn is posted")
    };
    assert_eq!((&*path, &*token), ("/hooks/agent", "Bearer hooks-token"));
    let expect = json!({"message": "c", "name": "Hook", "wakeMode": "next-heartbeat",
        "sessionKey": "hook:1", "deliver": true, "channel": "last", "thinking": "low", "timeoutSeconds": 30.0});
    assert_eq!(body, expect);
    assert_eq!(legacy.texts(1).await, ["d"]);
    let status = until_delivered(&bridge, 4).await;
    assert!(status.connected && status.last_error.is_none());
}

#[tokio::test]
async fn nothing_is_lost_by_a_restart_of_either_side() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = open(folder.path());
    let texts: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    for text in &texts {
        accept(&bridge, wake(text)).await;
    }
    drop(bridge);
    let gone = Double::start().await.stop().await;
    let bridge = open(folder.path());
    assert_eq!(bridge.status().waiting, 100);
    let mut legacy = Double::start_at(gone).await;
    bridge.follow(legacy.target());
    assert_eq!(legacy.texts(100).await, texts);
    until_delivered(&bridge, 100).await;

    let address = legacy.stop().await;
    until(&bridge, |status| !status.connected).await;
    accept(&bridge, wake("while it was away")).await;
    accept(&bridge, wake("while it was away")).await;
    let mut legacy = Double::start_at(address).await;
    assert_eq!(legacy.texts(1).await, ["while it was away"]);
    let status = until_delivered(&bridge, 101).await;
    assert_eq!((status.coalesced, status.last_error), (1, None));
}

#[tokio::test]
async fn channels_are_learned_and_known_after_a_restart_before_the_legacy_is() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = Double::start().await;
    let bridge = open(folder.path());
    assert_eq!(bridge.channels(), None);
    bridge.follow(legacy.target());
    until(&bridge, |status| status.connected).await;
    let channels = bridge.channels().unwrap();
    assert_eq!(&*channels, ["telegram", "line"]);
    drop(bridge);
    assert_eq!(open(folder.path()).channels(), Some(channels));
}

#[tokio::test]
async fn the_last_handle_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let bridge = open(folder.path());
    bridge.follow(legacy.target());
    until(&bridge, |status| status.connected).await;
    let other = bridge.clone();
    drop(bridge);
    accept(&other, wake("a")).await;
    assert_eq!(legacy.texts(1).await, ["a"]);
    drop(other);
    assert_eq!(legacy.next().await, Asked::Closed);
}

#[tokio::test]
async fn of_two_that_share_a_queue_one_delivers_and_the_other_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let one = open(folder.path());
    one.follow(legacy.target());
    until(&one, |status| status.connected).await;
    let other = open(folder.path());
    other.follow(legacy.target());
    accept(&other, wake("a")).await;
    assert_eq!(legacy.texts(1).await, ["a"]);
    until(&one, |status| status.delivered == 1).await;
    drop(one);
    until(&other, |status| status.connected).await;
    accept(&other, wake("b")).await;
    assert_eq!(legacy.texts(1).await, ["b"]);
    until_delivered(&other, 1).await;
}

#[tokio::test]
async fn a_plan_is_not_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let mut legacy = Double::start().await;
    let bridge = open(folder.path());
    let (effects, plan) = Effects::planning();
    bridge.dispatch(&effects, wake("planned")).await.unwrap();
    assert_eq!(plan.take()[0].detail["text"], "planned");
    assert_eq!(bridge.status().waiting, 0);
    bridge.follow(legacy.target());
    accept(&bridge, wake("performed")).await;
    assert_eq!(legacy.texts(1).await, ["performed"]);
}

#[tokio::test]
async fn what_the_hooks_would_cut_off_is_not_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = Double::start().await;
    let bridge = open(folder.path());
    bridge.follow(Target {
        max_body: 1_000,
        ..legacy.target()
    });
    let effects = Effects::performing();
    let refused = bridge.dispatch(&effects, wake(&"x".repeat(1_000))).await;
    let Err(BridgeError::TooLarge { most: 1_000, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(bridge.status().waiting, 0);
}

#[tokio::test]
async fn a_bridge_in_memory_keeps_what_it_accepts() {
    let bridge = Bridge::in_memory(vec!["telegram".to_owned()]);
    assert_eq!(&*bridge.channels().unwrap(), ["telegram"]);
    accept(&bridge, wake("a")).await;
    assert_eq!(bridge.kept(), [wake("a")]);
    assert_eq!(bridge.status().waiting, 1);
    assert_eq!(Bridge::default().channels(), None);
}
