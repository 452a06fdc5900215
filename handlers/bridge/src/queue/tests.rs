//! The queue over real files: what is kept, in which order, and what two that share a file see of each other.

use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::status::BridgeStatus;

const LIMITS: Limits = Limits {
    entries: 100,
    bytes: 1_000_000,
};

struct Kept {
    queue: Queue,
    gauges: Arc<Gauges>,
}

impl Kept {
    fn open(folder: &TempDir, limits: Limits) -> Self {
        let gauges = Arc::<Gauges>::default();
        let open = Queue::open(folder.path(), limits, Arc::clone(&gauges), |_| ());
        let (queue, ()) = open.unwrap();
        Self { queue, gauges }
    }

    async fn wake(&self, text: &str) -> Result<(), BridgeError> {
        let body = format!(r#"{{"kind":"wake","text":"{text}","mode":"now"}}"#);
        let repeats = Repeats::Coalesce;
        self.queue.add(Draft { body, repeats }).await
    }

    async fn take(&self) -> Vec<Entry> {
        self.queue.ask(|store| store.take(10)).await.unwrap()
    }

    async fn settle(&self, outcomes: Vec<(i64, Outcome)>) {
        let settled = self.queue.ask(move |store| store.settle(&outcomes)).await;
        settled.unwrap();
    }

    fn status(&self) -> BridgeStatus {
        self.gauges.status()
    }
}

fn texts(entries: &[Entry]) -> Vec<String> {
    let text = |entry: &Entry| {
        let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap();
        body["text"].as_str().unwrap().to_owned()
    };
    entries.iter().map(text).collect()
}

#[tokio::test]
async fn what_was_accepted_is_there_after_a_restart_in_order_and_under_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    for text in ["a", "b", "c"] {
        kept.wake(text).await.unwrap();
    }
    let before = kept.take().await;
    drop(kept);
    let kept = Kept::open(&folder, LIMITS);
    assert_eq!(kept.status().waiting, 3);
    assert_eq!(kept.take().await, before);
    assert_eq!(texts(&before), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_number_is_not_given_twice_though_the_queue_was_empty() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    kept.wake("a").await.unwrap();
    let first = kept.take().await.remove(0);
    kept.settle(vec![(first.id, Outcome::Delivered)]).await;
    assert_eq!((kept.status().waiting, kept.status().delivered), (0, 1));
    drop(kept);
    let kept = Kept::open(&folder, LIMITS);
    kept.wake("b").await.unwrap();
    assert_ne!(kept.take().await[0].key, first.key);
}

#[tokio::test]
async fn what_has_no_outcome_is_in_flight_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    for text in ["a", "b"] {
        kept.wake(text).await.unwrap();
    }
    let taken = kept.take().await;
    assert_eq!(kept.status().in_flight, 2);
    kept.settle(vec![(taken[0].id, Outcome::Delivered)]).await;
    assert_eq!((kept.status().in_flight, kept.status().waiting), (1, 1));
    kept.wake("b").await.unwrap();
    assert_eq!(kept.status().coalesced, 0, "the first is still in flight");
    kept.queue.ask(Store::release).await.unwrap();
    kept.wake("b").await.unwrap();
    assert_eq!((kept.status().in_flight, kept.status().coalesced), (0, 1));
    assert_eq!(texts(&kept.take().await), ["b", "b"]);
}

#[tokio::test]
async fn a_wake_like_the_last_that_waits_adds_no_row_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    for text in ["a", "b", "b", "a"] {
        kept.wake(text).await.unwrap();
    }
    assert_eq!((kept.status().waiting, kept.status().coalesced), (3, 1));
    drop(kept);
    let kept = Kept::open(&folder, LIMITS);
    kept.wake("a").await.unwrap();
    assert_eq!((kept.status().waiting, kept.status().coalesced), (3, 1));
    kept.take().await;
    kept.wake("a").await.unwrap();
    assert_eq!(kept.status().waiting, 4);
}

#[tokio::test]
async fn a_full_queue_writes_nothing_and_takes_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        entries: 2,
        ..LIMITS
    };
    let kept = Kept::open(&folder, limits);
    kept.wake("a").await.unwrap();
    kept.wake("b").await.unwrap();
    assert!(matches!(kept.wake("c").await, Err(BridgeError::Full)));
    let taken = kept.take().await;
    assert_eq!(texts(&taken), ["a", "b"]);
    kept.settle(vec![(taken[0].id, Outcome::Delivered)]).await;
    kept.wake("c").await.unwrap();
    assert_eq!(texts(&kept.take().await), ["b", "c"]);
}

#[tokio::test]
async fn a_dead_letter_is_kept_resent_or_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    for text in ["a", "b"] {
        kept.wake(text).await.unwrap();
    }
    let dead = |entry: &Entry| (entry.id, Outcome::Dead("no".to_owned()));
    let outcomes = kept.take().await.iter().map(dead).collect();
    kept.settle(outcomes).await;
    let letters = kept.queue.ask(|store| store.letters()).await.unwrap();
    assert_eq!((kept.status().waiting, kept.status().dead), (0, 2));
    assert_eq!(
        (&*letters[0].reason, &letters[0].body["text"]),
        ("no", &"a".into())
    );
    let (first, second) = (letters[0].id, letters[1].id);
    let discarded = kept.queue.ask(move |store| store.discard(first)).await;
    discarded.unwrap();
    let resent = kept.queue.ask(move |store| store.resend(second)).await;
    resent.unwrap();
    assert_eq!((kept.status().waiting, kept.status().dead), (1, 0));
    assert_eq!(texts(&kept.take().await), ["b"]);
    let again = kept.queue.ask(move |store| store.resend(second)).await;
    assert!(matches!(again, Err(BridgeError::NoSuchLetter(_))));
}

#[tokio::test]
async fn too_many_dead_letters_lose_the_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
                INSERT INTO dead SELECT i, 1, 1, 'old', '{}' FROM n";
    let file = Connection::open(folder.path().join("bridge.db")).unwrap();
    file.execute(fill, []).unwrap();
    kept.wake("a").await.unwrap();
    let id = kept.take().await[0].id;
    kept.settle(vec![(id, Outcome::Dead("new".to_owned()))])
        .await;
    let letters = kept.queue.ask(|store| store.letters()).await.unwrap();
    assert_eq!((letters.len(), letters[0].id), (1_000, 2));
    assert_eq!(letters[999].reason, "new");
}

#[tokio::test]
async fn large_dead_letters_lose_the_oldest_and_the_newest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    let file = Connection::open(folder.path().join("bridge.db")).unwrap();
    let fill = "INSERT INTO dead VALUES (?1, 1, 1, 'old', CAST(zeroblob(?2) AS TEXT))";
    file.execute(fill, [1, 9 << 20]).unwrap();
    file.execute(fill, [2, 9 << 20]).unwrap();
    file.execute(fill, [3, 7 << 20]).unwrap();
    drop(file);
    kept.wake("a").await.unwrap();
    let id = kept.take().await[0].id;
    kept.settle(vec![(id, Outcome::Dead("new".to_owned()))])
        .await;
    let letters = kept.queue.ask(|store| store.letters()).await.unwrap();
    let ids: Vec<i64> = letters.iter().map(|letter| letter.id).collect();
    assert_eq!(ids, [3, 4]);
    assert_eq!(kept.status().dead, 2);
}

#[tokio::test]
async fn two_that_share_a_file_count_what_the_other_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        entries: 2,
        ..LIMITS
    };
    let (one, other) = (Kept::open(&folder, limits), Kept::open(&folder, limits));
    one.wake("a").await.unwrap();
    other.wake("b").await.unwrap();
    assert!(matches!(one.wake("c").await, Err(BridgeError::Full)));
    assert_eq!(texts(&one.take().await), ["a", "b"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said_and_nothing_is_lost_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(&folder, LIMITS);
    kept.wake("a").await.unwrap();
    let refuse = |store: &mut Store| Ok(store.file.pragma_update(None, "query_only", true)?);
    kept.queue.ask(refuse).await.unwrap();
    assert!(matches!(kept.wake("b").await, Err(BridgeError::Storage(_))));
    let allow = |store: &mut Store| Ok(store.file.pragma_update(None, "query_only", false)?);
    kept.queue.ask(allow).await.unwrap();
    kept.wake("c").await.unwrap();
    assert_eq!(texts(&kept.take().await), ["a", "c"]);
    assert_eq!(kept.status().waiting, 2);
}
