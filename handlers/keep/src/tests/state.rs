//! Keys and values: quotas, times, versions, plans.

use overgrow_handler::Effects;

use super::Kept;
use crate::{KeepError, Put, Quota, Space, Usage, When};

const ROOMY: Quota = Quota {
    bytes: 1_000_000,
    keys: 1_000,
};

fn put(key: &str, value: &str) -> Put {
    Put {
        key: key.to_owned(),
        value: value.into(),
        when: When::Always,
        ttl: None,
    }
}

async fn set(space: &mut Space, put: Put) -> Result<u64, KeepError> {
    space.set(&Effects::performing(), put).await
}

async fn text(space: &Space, key: &str) -> Option<String> {
    let entry = space.get(key).await.unwrap()?;
    Some(String::from_utf8(entry.value).unwrap())
}

#[tokio::test]
async fn what_was_set_is_there_after_a_restart_and_only_in_its_space() {
    let kept = Kept::new();
    let version = set(&mut kept.keep.space("a", ROOMY), put("k", "v")).await;
    let kept = kept.reopened();
    let entry = kept.keep.space("a", ROOMY).get("k").await.unwrap().unwrap();
    assert_eq!(
        (entry.value, entry.version),
        (b"v".into(), version.unwrap())
    );
    assert_eq!(text(&kept.keep.space("b", ROOMY), "k").await, None);
}

#[tokio::test]
async fn a_version_is_never_given_twice() {
    let kept = Kept::new();
    let mut space = kept.keep.space("a", ROOMY);
    let first = set(&mut space, put("k", "v")).await.unwrap();
    assert!(space.delete(&Effects::performing(), "k").await.unwrap());
    assert!(!space.delete(&Effects::performing(), "k").await.unwrap());
    let second = set(&mut space, put("k", "v")).await.unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn of_many_that_expect_one_version_one_wins() {
    let kept = Kept::new();
    let race = |number: u64| {
        let mut space = kept.keep.space("a", ROOMY);
        async move {
            let put = Put {
                when: When::Version(0),
                ..put("k", &number.to_string())
            };
            set(&mut space, put).await
        }
    };
    let mut runners = tokio::task::JoinSet::new();
    for number in 0..50 {
        runners.spawn(race(number));
    }
    let outcomes = runners.join_all().await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(KeepError::Conflict)));
    assert_eq!((won, lost.count()), (1, 49));
}

#[tokio::test]
async fn bytes_and_keys_are_counted_exactly() {
    let kept = Kept::new();
    let quota = Quota { bytes: 10, keys: 2 };
    let mut space = kept.keep.space("a", quota);
    set(&mut space, put("k", "12345")).await.unwrap();
    let refused = set(&mut space, put("l", "1234")).await;
    assert!(matches!(refused, Err(KeepError::TooLarge { max: 10 })));
    set(&mut space, put("k", "123456789")).await.unwrap();
    set(&mut space, put("k", "é")).await.unwrap();
    set(&mut space, put("ü", "")).await.unwrap();
    assert_eq!(
        kept.keep.usage("a").await.unwrap(),
        Usage { bytes: 5, keys: 2 }
    );
    let refused = set(&mut space, put("m", "")).await;
    assert!(matches!(refused, Err(KeepError::TooMany { max: 2 })));
    space.delete(&Effects::performing(), "k").await.unwrap();
    set(&mut space, put("m", "")).await.unwrap();
    let kept = kept.reopened();
    assert_eq!(
        kept.keep.usage("a").await.unwrap(),
        Usage { bytes: 3, keys: 2 }
    );
}

#[tokio::test]
async fn what_expired_is_not_there_and_takes_no_room() {
    let kept = Kept::new();
    let mut space = kept.keep.space("a", Quota { bytes: 10, keys: 1 });
    let brief = Put {
        ttl: Some(1000),
        ..put("brief", "x")
    };
    set(&mut space, brief).await.unwrap();
    kept.pass(999);
    assert_eq!(text(&space, "brief").await.as_deref(), Some("x"));
    assert!(set(&mut space, put("k", "v")).await.is_err());
    kept.pass(1);
    assert_eq!(text(&space, "brief").await, None);
    assert!(space.keys("", None, 9).await.unwrap().is_empty());
    let anew = Put {
        when: When::Version(0),
        ..put("k", "v")
    };
    set(&mut space, anew).await.unwrap();
    assert_eq!(
        kept.keep.usage("a").await.unwrap(),
        Usage { bytes: 2, keys: 1 }
    );
}

#[tokio::test]
async fn keys_are_listed_by_prefix_in_order_and_page_by_page() {
    let kept = Kept::new();
    let mut space = kept.keep.space("a", ROOMY);
    for key in ["b/2", "a", "b/1", "b%", "c", "b/é"] {
        set(&mut space, put(key, "")).await.unwrap();
    }
    let page = space.keys("b/", None, 2).await.unwrap();
    assert_eq!(page, ["b/1", "b/2"]);
    assert_eq!(space.keys("b/", Some("b/2"), 2).await.unwrap(), ["b/é"]);
    assert!(space.keys("%", None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_reads_its_own_writes_and_leaves_nothing() {
    let kept = Kept::new();
    let mut live = kept.keep.space("a", Quota { bytes: 20, keys: 3 });
    set(&mut live, put("k", "old")).await.unwrap();
    set(&mut live, put("l", "old")).await.unwrap();
    let (effects, plan) = Effects::planning();
    let mut space = kept.keep.space("a", Quota { bytes: 20, keys: 3 });
    let version = space.set(&effects, put("k", "new")).await.unwrap();
    assert_eq!(text(&space, "k").await.as_deref(), Some("new"));
    let cas = |expected| Put {
        when: When::Version(expected),
        ..put("k", "newer")
    };
    assert!(matches!(
        space.set(&effects, cas(version + 9)).await,
        Err(KeepError::Conflict)
    ));
    space.set(&effects, cas(version)).await.unwrap();
    assert!(space.delete(&effects, "l").await.unwrap());
    space.set(&effects, put("m", "1")).await.unwrap();
    assert_eq!(space.keys("", None, 9).await.unwrap(), ["k", "m"]);
    let large = space.set(&effects, put("n", "1234567890123")).await;
    assert!(matches!(large, Err(KeepError::TooLarge { .. })));
    let targets: Vec<_> = plan.take().into_iter().map(|it| it.target).collect();
    assert_eq!(targets, ["set k", "set k", "delete l", "set m"]);
    assert_eq!(live.keys("", None, 9).await.unwrap(), ["k", "l"]);
    assert_eq!(text(&live, "k").await.as_deref(), Some("old"));
}

#[tokio::test]
async fn one_that_fails_does_not_undo_its_neighbours() {
    let kept = Kept::new();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let mut space = kept.keep.space(
            "a",
            Quota {
                bytes: 1_000,
                keys: 50,
            },
        );
        tasks.spawn(async move { set(&mut space, put(&number.to_string(), "")).await.is_ok() });
    }
    let kept_keys = tasks.join_all().await.iter().filter(|ok| **ok).count();
    assert_eq!(
        (kept_keys, kept.keep.usage("a").await.unwrap().keys),
        (50, 50)
    );
}
