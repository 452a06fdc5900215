//! Jobs, timers and secrets.

use overgrow_handler::Effects;

use super::Kept;
use crate::{Fate, Job, KeepError, Lease, NewJob, NewSecret, Timer};

const LEASE: Lease = Lease {
    most: 10,
    millis: 60_000,
};

fn effects() -> Effects {
    Effects::performing()
}

fn timer(name: &str, at: u64, every: Option<u64>) -> Timer {
    Timer {
        plugin: "zalo".to_owned(),
        name: name.to_owned(),
        at,
        every,
        payload: "{}".to_owned(),
    }
}

impl Kept {
    async fn owe(&self, name: &str) {
        let job = NewJob {
            plugin: "zalo".to_owned(),
            name: name.to_owned(),
            payload: "{}".to_owned(),
            due: self.keep.now(),
        };
        self.keep.owe(&effects(), job).await.unwrap();
    }

    async fn take(&self) -> Vec<Job> {
        self.keep.take(&effects(), LEASE).await.unwrap()
    }

    async fn names(&self) -> Vec<String> {
        self.take().await.into_iter().map(|job| job.name).collect()
    }

    async fn settle(&self, id: i64, fate: Fate) {
        self.keep.settle(&effects(), id, fate).await.unwrap();
    }

    async fn arm(&self, timer: Timer) -> Result<(), KeepError> {
        self.keep.arm(&effects(), timer, 2).await
    }
}

#[tokio::test]
async fn a_job_whose_taker_died_comes_back_under_its_name_and_counts_the_attempt() {
    let kept = Kept::new();
    kept.owe("a").await;
    kept.owe("b").await;
    let first = kept.take().await;
    assert!(kept.take().await.is_empty(), "both are leased");
    let kept = kept.reopened();
    kept.settle(first[1].id, Fate::Done).await;
    kept.pass(60_000);
    let again = kept.take().await;
    assert_eq!(again.len(), 1);
    assert_eq!(
        (&again[0].call_id, again[0].attempt),
        (&first[0].call_id, 2)
    );
}

#[tokio::test]
async fn a_job_is_tried_again_when_it_was_said_to_and_dies_when_it_was_said_to() {
    let kept = Kept::new();
    kept.owe("a").await;
    let id = kept.take().await[0].id;
    let (at, reason) = (kept.keep.now() + 5_000, "busy".to_owned());
    kept.settle(id, Fate::Again { at, reason }).await;
    assert_eq!(kept.keep.next_due().await.unwrap(), Some(at));
    kept.pass(5_000);
    assert_eq!(kept.take().await[0].attempt, 2);
    let reason = "gone".to_owned();
    kept.settle(id, Fate::Dead { reason }).await;
    kept.pass(100_000);
    assert!(kept.take().await.is_empty());
    let dead = kept.keep.dead_jobs("zalo").await.unwrap();
    assert_eq!((dead[0].job.attempt, &*dead[0].reason), (2, "gone"));
    let counts = kept.keep.job_counts("zalo").await.unwrap();
    assert_eq!((counts.waiting, counts.dead), (0, 1));
}

#[tokio::test]
async fn a_timer_rings_once_after_a_restart_too() {
    let kept = Kept::new();
    let at = kept.keep.now() + 1_000;
    kept.arm(timer("renew", at, None)).await.unwrap();
    assert!(kept.take().await.is_empty());
    let kept = kept.reopened();
    kept.pass(1_000);
    assert_eq!(kept.names().await, ["renew"]);
    assert!(kept.keep.timers("zalo").await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_repeats_rings_once_for_all_it_missed_and_keeps_its_beat() {
    let kept = Kept::new();
    let at = kept.keep.now() + 1_000;
    kept.arm(timer("poll", at, Some(1_000))).await.unwrap();
    kept.pass(3_500);
    assert_eq!(kept.names().await, ["poll"]);
    let next = kept.keep.timers("zalo").await.unwrap()[0].at;
    assert_eq!(next, at + 3_000);
}

#[tokio::test]
async fn a_name_has_one_timer_and_a_plugin_no_more_than_it_may() {
    let kept = Kept::new();
    let at = kept.keep.now() + 1_000;
    kept.arm(timer("a", at, None)).await.unwrap();
    kept.arm(timer("b", at, None)).await.unwrap();
    kept.arm(timer("a", at + 1, None)).await.unwrap();
    let full = kept.arm(timer("c", at, None)).await;
    assert!(matches!(full, Err(KeepError::TooMany { max: 2 })));
    for expected in [true, false] {
        let cancelled = kept.keep.cancel(&effects(), "zalo", "a").await;
        assert_eq!(cancelled.unwrap(), expected);
    }
    kept.arm(timer("c", at, None)).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_is_stirred_by_a_new_timer() {
    let kept = Kept::new();
    let mut stirred = Box::pin(kept.keep.stirred());
    assert!(waits(&mut stirred).await);
    kept.arm(timer("a", 1, None)).await.unwrap();
    stirred.await;
}

/// Polls once; whether it waits.
async fn waits(future: &mut (impl Future<Output = ()> + Unpin)) -> bool {
    std::future::poll_fn(|cx| {
        let polled = std::pin::Pin::new(&mut *future).poll(cx);
        std::task::Poll::Ready(polled.is_pending())
    })
    .await
}

#[tokio::test]
async fn a_plan_owes_arms_cancels_and_stores_nothing() {
    let kept = Kept::new();
    kept.arm(timer("a", 1, None)).await.unwrap();
    let (effects, plan) = Effects::planning();
    let keep = &kept.keep;
    let job = NewJob {
        plugin: "zalo".to_owned(),
        name: "event".to_owned(),
        payload: "{}".to_owned(),
        due: 0,
    };
    keep.owe(&effects, job).await.unwrap();
    keep.arm(&effects, timer("b", 1, None), 9).await.unwrap();
    assert!(keep.cancel(&effects, "zalo", "a").await.unwrap());
    assert!(!keep.cancel(&effects, "zalo", "z").await.unwrap());
    let secret = NewSecret {
        plugin: "zalo".to_owned(),
        name: "refresh".to_owned(),
        value: b"s3cret".into(),
    };
    keep.store_secret(&effects, secret).await.unwrap();
    let shown = format!("{:?}", plan.take());
    assert!(
        shown.contains("store refresh") && !shown.contains("s3cret"),
        "{shown}"
    );
    assert_eq!(kept.names().await, ["a"]);
    let stored = keep.stored_secret("zalo", "refresh").await.unwrap();
    assert_eq!(stored, None);
}

#[tokio::test]
async fn a_secret_is_its_plugins_alone_and_the_last_one_counts() {
    let kept = Kept::new();
    for value in ["the-first-refresh-token", "the-second"] {
        let secret = NewSecret {
            plugin: "zalo".to_owned(),
            name: "refresh".to_owned(),
            value: value.into(),
        };
        kept.keep.store_secret(&effects(), secret).await.unwrap();
    }
    let kept = kept.reopened();
    let stored = kept.keep.stored_secret("zalo", "refresh").await.unwrap();
    assert_eq!(stored.as_deref(), Some(&b"the-second"[..]));
    assert_eq!(
        kept.keep.stored_secret("teams", "refresh").await.unwrap(),
        None
    );
}
