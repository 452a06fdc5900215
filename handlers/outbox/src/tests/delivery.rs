//! Delivering, retrying, giving up, planning.

use super::*;
use crate::{Rest, Retry, State};

fn failed(retry: Retry) -> Option<Delivery> {
    Some(Delivery::Failed {
        retry,
        reason: "the provider said no".to_owned(),
    })
}

#[tokio::test]
async fn what_is_posted_is_delivered_and_its_receipt_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let id = id(&outbox, "1", "hello").await;
    let _asked = carry(&outbox, sent);
    let standing = outbox.wait(&id, SOON).await.unwrap();
    assert!(matches!(standing.state, State::Sent { .. }), "{standing:?}");
    assert_eq!(standing.receipt, Receipt::of("hello"));
    assert_eq!((outbox.status().sent, outbox.status().waiting), (1, 0));
}

#[tokio::test]
async fn a_key_is_sent_once_and_another_message_under_it_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let mut asked = carry(&outbox, sent);
    let first = post(&outbox, message("1", "a"), "k").await.unwrap();
    outbox.wait(first.id(), SOON).await.unwrap();
    let again = post(&outbox, message("1", "a"), "k").await.unwrap();
    assert_eq!(again, Posted::Again(first.id().to_owned()));
    let standing = outbox.wait(again.id(), SOON).await.unwrap();
    assert_eq!(standing.receipt, Receipt::of("a"));
    let other = post(&outbox, message("1", "b"), "k").await;
    assert!(matches!(other, Err(OutboxError::Conflict { id }) if id == first.id()));
    let many = (0..50).map(|_| post(&outbox, message("1", "c"), "many"));
    let mut ids = Vec::new();
    for posted in many {
        ids.push(posted.await.unwrap().id().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(asked.texts(2).await, ["a", "c"]);
    outbox.wait(&ids[0], SOON).await.unwrap();
    assert!(asked.nothing_more());
}

#[tokio::test]
async fn one_addressee_gets_them_in_order_while_another_is_not_held_up() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    for text in ["fails", "second", "third"] {
        id(&outbox, "1", text).await;
    }
    let other = id(&outbox, "2", "other").await;
    let mut asked = carry(&outbox, |message, attempt| {
        match (&*message.content.text, attempt.number) {
            ("fails", 1) => failed(Retry::After(Duration::from_millis(200))),
            _ => sent(message, attempt),
        }
    });
    outbox.wait(&other, SOON).await.unwrap();
    let texts = asked.texts(5).await;
    let to_one: Vec<_> = texts.iter().filter(|text| *text != "other").collect();
    assert_eq!(to_one, ["fails", "fails", "second", "third"]);
    assert!(texts[..2].contains(&"other".to_owned()), "{texts:?}");
}

#[tokio::test]
async fn only_one_to_an_addressee_is_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    for text in ["a", "b"] {
        id(&outbox, "1", text).await;
    }
    let mut asked = carry(&outbox, |_, _| None);
    asked.next().await;
    let status = outbox.status();
    id(&outbox, "2", "c").await;
    assert_eq!(asked.next().await.0.content.text, "c");
    assert!(asked.nothing_more());
    assert_eq!(status.waiting, 2);
}

#[tokio::test]
async fn a_certain_failure_changes_the_key_and_an_uncertain_one_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let id = id(&outbox, "1", "a").await;
    let mut asked = carry(&outbox, |message, attempt| match attempt.number {
        1 => Some(Delivery::Unknown {
            reason: "cut".to_owned(),
        }),
        2 => failed(Retry::Backoff),
        _ => sent(message, attempt),
    });
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(asked.next().await.1.key);
    }
    assert_eq!(keys, [id.clone(), id.clone(), format!("{id}.1")]);
}

#[tokio::test]
async fn only_the_rest_of_a_partial_delivery_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let id = id(&outbox, "1", "first second").await;
    let mut asked = carry(&outbox, |message, attempt| match attempt.number {
        1 => Some(Delivery::Partial {
            receipt: Receipt::of("first"),
            rest: Rest::Content(Content::text("second")),
            retry: Retry::Backoff,
            reason: "half".to_owned(),
        }),
        _ => sent(message, attempt),
    });
    assert_eq!(asked.texts(2).await, ["first second", "second"]);
    let standing = outbox.wait(&id, SOON).await.unwrap();
    assert_eq!(standing.receipt.message_ids, ["first", "second"]);
}

#[tokio::test]
async fn what_fails_too_often_or_for_good_is_a_dead_letter_to_send_again_or_discard() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let often = id(&outbox, "1", "often").await;
    let once = id(&outbox, "2", "once").await;
    let mut asked = carry(&outbox, |message, _| match &*message.content.text {
        "often" => failed(Retry::Backoff),
        _ => failed(Retry::Never),
    });
    for id in [&often, &once] {
        let standing = outbox.wait(id, SOON).await.unwrap();
        assert!(matches!(standing.state, State::Dead { .. }), "{standing:?}");
        assert_eq!(standing.reason.as_deref(), Some("the provider said no"));
    }
    assert_eq!(asked.texts(4).await.len(), 4);
    assert_eq!(outbox.dead_letters(10).await.unwrap().len(), 2);
    let _asked = carry(&outbox, sent);
    outbox.resend(&often).await.unwrap();
    outbox.discard(&once).await.unwrap();
    let standing = outbox.wait(&often, SOON).await.unwrap();
    assert!(matches!(standing.state, State::Sent { .. }), "{standing:?}");
    let gone = outbox.look(&once).await;
    assert!(matches!(gone, Err(OutboxError::NoSuchMessage(_))));
    assert_eq!(outbox.status().dead, 0);
}

#[tokio::test]
async fn nobody_to_carry_it_costs_no_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let id = id(&outbox, "1", "a").await;
    let mut asked = carry(&outbox, |_, _| {
        Some(Delivery::Away {
            reason: "away".to_owned(),
        })
    });
    // More often than attempts are allowed.
    for _ in 0..6 {
        assert_eq!(asked.next().await.1.number, 1);
    }
    let _asked = carry(&outbox, sent);
    let standing = outbox.wait(&id, SOON).await.unwrap();
    assert!(matches!(standing.state, State::Sent { .. }), "{standing:?}");
}

#[tokio::test]
async fn a_carrier_that_panics_or_hangs_fails_one_try_only() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(OutboxConfig {
        patience: Duration::from_millis(100),
        ..config(folder.path())
    })
    .unwrap();
    let id = id(&outbox, "1", "a").await;
    let _asked = carry(&outbox, |message, attempt| match attempt.number {
        1 => panic!("on purpose"),
        2 => None,
        _ => sent(message, attempt),
    });
    let standing = outbox.wait(&id, SOON).await.unwrap();
    assert!(matches!(standing.state, State::Sent { .. }), "{standing:?}");
    assert_eq!(standing.attempts, 3);
}

#[tokio::test]
async fn a_plan_writes_and_delivers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let (effects, plan) = Effects::planning();
    let posted = outbox.post(&effects, message("1", "a"), Some("k".to_owned()));
    assert_eq!(posted.await.unwrap(), Posted::Planned);
    let planned = plan.take();
    assert_eq!(
        (&*planned[0].kind, &*planned[0].target),
        ("message", "zalo:1")
    );
    assert_eq!(planned[0].detail["message"]["content"]["text"], "a");
    assert_eq!(outbox.status().accepted, 0);
}

#[tokio::test]
async fn what_waits_and_what_was_sent_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    let waits = id(&outbox, "1", "waits").await;
    let first = post(&outbox, message("2", "sent"), "k").await.unwrap();
    let mut asked = carry(&outbox, |message, attempt| match &*message.content.text {
        "waits" => None,
        _ => sent(message, attempt),
    });
    outbox.wait(first.id(), SOON).await.unwrap();
    asked.texts(2).await;
    drop(outbox);
    let outbox = open(folder.path());
    let again = post(&outbox, message("2", "sent"), "k").await.unwrap();
    assert_eq!(again, Posted::Again(first.id().to_owned()));
    let mut asked = carry(&outbox, sent);
    outbox.wait(&waits, SOON).await.unwrap();
    assert_eq!(asked.texts(1).await, ["waits"]);
    assert!(asked.nothing_more());
}

#[tokio::test]
async fn of_two_that_share_a_folder_one_delivers_and_the_other_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let one = open(folder.path());
    let mut by_one = carry(&one, sent);
    let first = id(&one, "1", "first").await;
    one.wait(&first, SOON).await.unwrap();
    let other = open(folder.path());
    let mut by_other = carry(&other, sent);
    let second = id(&other, "1", "second").await;
    other.wait(&second, SOON).await.unwrap();
    assert_eq!(by_one.texts(2).await, ["first", "second"]);
    assert!(by_other.nothing_more());
    drop(one);
    let third = id(&other, "1", "third").await;
    other.wait(&third, SOON).await.unwrap();
    assert_eq!(by_other.texts(1).await, ["third"]);
}

#[tokio::test]
async fn a_full_outbox_says_so_and_a_message_too_large_too() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(OutboxConfig {
        cap: 1,
        largest: 1_000,
        ..config(folder.path())
    })
    .unwrap();
    let large = post(&outbox, message("1", &"x".repeat(1_000)), "k").await;
    assert!(matches!(
        large,
        Err(OutboxError::TooLarge { most: 1_000, .. })
    ));
    post(&outbox, message("1", "a"), "a").await.unwrap();
    let full = post(&outbox, message("1", "b"), "b").await;
    assert!(matches!(full, Err(OutboxError::Full)));
    assert_eq!(outbox.status().refused, 1);
}
