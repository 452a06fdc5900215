//! The store on a real file.

use std::time::Duration;

use super::*;
use crate::verdict::{Again, Verdict};
use crate::{Content, file};

fn store(folder: &std::path::Path) -> Store {
    store_with(OutboxConfig::new(folder))
}

fn store_with(config: OutboxConfig) -> Store {
    let opened = file::open(&config.folder).unwrap();
    Store::new(opened.file, config, Arc::default()).unwrap()
}

fn draft(id: &str, key: Option<&str>, text: &str) -> Draft {
    Draft {
        id: id.to_owned(),
        key: key.map(str::to_owned),
        message: Message {
            channel: "zalo".to_owned(),
            to: "42".to_owned(),
            content: Content::text(text),
            ..Message::default()
        },
    }
}

fn add(store: &mut Store, draft: Draft) -> Posted {
    store.add(&[draft]).unwrap().remove(0)
}

fn first(store: &mut Store) -> Entry {
    let number = store.waiting(0, 10).unwrap()[0].number;
    store.entry(number).unwrap().unwrap()
}

fn dead() -> Verdict {
    Verdict::Dead {
        receipt: Receipt::default(),
        rest: None,
        fault: Fault::Carriage,
        reason: "no".to_owned(),
    }
}

#[test]
fn a_key_is_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    assert_eq!(add(&mut store, draft("a", Some("k"), "x")), Posted::New);
    let again = Posted::Again("a".to_owned());
    assert_eq!(add(&mut store, draft("b", Some("k"), "x")), again);
    let other = Posted::Other("a".to_owned());
    assert_eq!(add(&mut store, draft("c", Some("k"), "y")), other);
    assert_eq!(add(&mut store, draft("d", None, "x")), Posted::New);
    assert_eq!(store.gauges.status().waiting, 2);
}

#[test]
fn a_key_is_remembered_after_the_message_was_sent_until_it_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    add(&mut store, draft("a", Some("k"), "x"));
    let entry = first(&mut store);
    let due = store
        .settle(&entry, Verdict::Sent(Receipt::of("p1")))
        .unwrap();
    assert_eq!(due, None);
    let standing = store.look("a").unwrap().unwrap();
    assert!(matches!(standing.state, State::Sent { .. }));
    assert_eq!((&*standing.to, standing.receipt), ("42", Receipt::of("p1")));
    let again = Posted::Again("a".to_owned());
    assert_eq!(add(&mut store, draft("b", Some("k"), "x")), again);
    let tomorrow = crate::clock::now() + millis_of_days(1);
    assert_eq!(store.sweep(tomorrow).unwrap(), 1);
    assert_eq!(add(&mut store, draft("b", Some("k"), "y")), Posted::New);
}

fn millis_of_days(days: i64) -> i64 {
    days * 24 * 60 * 60 * 1000 + 1000
}

#[test]
fn what_failed_is_due_later_with_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    add(&mut store, draft("a", None, "first second"));
    let entry = first(&mut store);
    let again = Again {
        wait: Duration::from_secs(60),
        tries: Tries {
            made: 1,
            settled: 1,
        },
        receipt: Receipt::of("p1"),
        rest: Some(Content::text("second")),
        reason: "half".to_owned(),
    };
    let due = store
        .settle(&entry, Verdict::Again(again))
        .unwrap()
        .unwrap();
    assert!(due > crate::clock::now() + 50_000);
    drop(store);
    let mut store = self::store(folder.path());
    assert_eq!(store.waiting(0, 10).unwrap()[0].due, due);
    let entry = first(&mut store);
    assert_eq!(
        entry.message.as_ref().unwrap().content,
        Content::text("second")
    );
    store
        .settle(&entry, Verdict::Sent(Receipt::of("p2")))
        .unwrap();
    let receipt = store.look("a").unwrap().unwrap().receipt;
    assert_eq!(receipt.message_ids, ["p1", "p2"]);
    assert_eq!(store.gauges.status().waiting_bytes, 0);
}

#[test]
fn a_dead_letter_is_listed_sent_again_behind_the_others_and_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    add(&mut store, draft("a", Some("k"), "x"));
    let entry = first(&mut store);
    store.settle(&entry, dead()).unwrap();
    let letter = store.letters(10).unwrap().remove(0);
    assert_eq!(letter.standing.reason.as_deref(), Some("no"));
    assert_eq!(letter.message.unwrap().content, Content::text("x"));
    add(&mut store, draft("b", None, "y"));
    assert!(matches!(store.resend("b"), Err(OutboxError::NotDead(_))));
    store.resend("a").unwrap();
    add(&mut store, draft("c", None, "z"));
    let ids = store.waiting(0, 10).unwrap();
    let ids: Vec<_> = ids
        .iter()
        .map(|w| store.entry(w.number).unwrap().unwrap().id)
        .collect();
    assert_eq!(ids, ["b", "a", "c"]);
    assert_eq!(
        (store.gauges.status().dead, store.gauges.status().waiting),
        (0, 3)
    );
    assert!(matches!(
        store.discard("nobody"),
        Err(OutboxError::NoSuchMessage(_))
    ));
}

#[test]
fn a_letter_sent_again_is_known_by_another_key_to_the_provider() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store(folder.path());
    add(&mut store, draft("a", None, "x"));
    let before = first(&mut store);
    store.settle(&before, dead()).unwrap();
    store.resend("a").unwrap();
    assert_ne!(first(&mut store).tries.settled, before.tries.settled);
    let entry = first(&mut store);
    store.settle(&entry, dead()).unwrap();
    store.discard("a").unwrap();
    assert!(store.look("a").unwrap().is_none());
}

#[test]
fn a_full_outbox_takes_only_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store_with(OutboxConfig {
        cap: 1,
        ..OutboxConfig::new(folder.path())
    });
    add(&mut store, draft("a", Some("k"), "x"));
    assert_eq!(add(&mut store, draft("b", None, "y")), Posted::Full);
    let again = Posted::Again("a".to_owned());
    assert_eq!(add(&mut store, draft("c", Some("k"), "x")), again);
    assert_eq!(store.gauges.status().refused, 1);
}

#[test]
fn bytes_are_bounded_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store_with(OutboxConfig {
        bytes: 300,
        ..OutboxConfig::new(folder.path())
    });
    assert_eq!(add(&mut store, draft("a", None, "x")), Posted::New);
    let large = "y".repeat(300);
    assert_eq!(add(&mut store, draft("b", None, &large)), Posted::Full);
}

#[test]
fn two_that_share_a_file_see_what_the_other_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (store(folder.path()), store(folder.path()));
    add(&mut one, draft("a", Some("k"), "x"));
    let again = Posted::Again("a".to_owned());
    assert_eq!(add(&mut other, draft("b", Some("k"), "x")), again);
    assert_eq!(other.waiting(0, 10).unwrap().len(), 1);
    assert_eq!(other.gauges.status().waiting, 1);
}

#[test]
fn sessions_count_both_ways_and_the_idle_and_the_many_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store_with(OutboxConfig {
        sessions: 2,
        ..OutboxConfig::new(folder.path())
    });
    add(&mut store, draft("a", None, "x"));
    let mut conversation = Conversation::of(&draft("a", None, "x").message);
    conversation.key = Some("agent:main:zalo:dm:42".to_owned());
    store.touch(&conversation, Direction::Received).unwrap();
    let session = store.sessions(10).unwrap().remove(0);
    assert_eq!((session.received, session.sent), (1, 1));
    assert_eq!(session.key, conversation.key);
    for name in ["1", "2"] {
        conversation.name = name.to_owned();
        store.touch(&conversation, Direction::Received).unwrap();
    }
    assert_eq!(store.sweep(crate::clock::now()).unwrap(), 1);
    assert_eq!(store.sessions(10).unwrap().len(), 2);
    let in_a_month = crate::clock::now() + millis_of_days(30);
    assert_eq!(store.sweep(in_a_month).unwrap(), 2);
}

#[test]
fn too_many_dead_letters_lose_the_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store_with(OutboxConfig {
        letters: 1,
        ..OutboxConfig::new(folder.path())
    });
    for id in ["a", "b"] {
        add(&mut store, draft(id, None, "x"));
        let entry = first(&mut store);
        store.settle(&entry, dead()).unwrap();
    }
    store.sweep(crate::clock::now()).unwrap();
    let letters = store.letters(10).unwrap();
    assert_eq!((letters.len(), &*letters[0].standing.id), (1, "b"));
    assert_eq!(store.gauges.status().dead, 1);
}
