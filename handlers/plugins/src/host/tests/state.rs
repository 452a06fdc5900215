//! Keys, timers, files and methods of the legacy.

use std::time::Duration;

use async_trait::async_trait;
use overgrow_bridge::RpcError;
use serde_json::json;
use wasmtime::component::Resource;

use super::*;
use crate::bindings::overgrow::plugin::{kv, legacy, media, timers};
use crate::grant::{Class, KvGrant, LegacyGrant, MediaGrant, PlanRule, TimersGrant, Write};
use crate::hands::GatewayRpc;

fn everything() -> Grant {
    let method = |name: &str, class| LegacyGrant {
        method: name.to_owned(),
        class,
    };
    Grant {
        kv: Some(KvGrant {
            max_keys: 2,
            ..KvGrant::default()
        }),
        timers: Some(TimersGrant::default()),
        media: Some(MediaGrant {
            write: Write::Granted,
            max_bytes: 10,
            ..MediaGrant::default()
        }),
        legacy: vec![method("health", Class::Read), method("send", Class::Effect)],
        plan: vec![PlanRule {
            kind: "legacy".to_owned(),
            target: "send".to_owned(),
            status: 200,
            answer: json!({"id": "planned"}),
        }],
        ..Grant::default()
    }
}

async fn set(state: &mut State, key: &str, value: &str) -> Result<u64, Error> {
    let set = kv::Host::set(state, key.to_owned(), value.into(), None).await;
    set.unwrap()
}

async fn get(state: &mut State, key: &str) -> Option<Vec<u8>> {
    let entry = kv::Host::get(state, key.to_owned()).await.unwrap();
    Some(entry.unwrap()?.value)
}

async fn put(state: &mut State, text: &str) -> Result<Resource<Blob>, Error> {
    let name = Some("note.txt".to_owned());
    let put = media::Host::put(state, text.into(), Some("text/plain".to_owned()), name).await;
    put.unwrap()
}

fn timer(name: &str, every: Option<u64>, payload: &str) -> timers::Timer {
    timers::Timer {
        name: name.to_owned(),
        at: 1,
        every,
        payload: payload.to_owned(),
    }
}

#[tokio::test]
async fn nothing_is_done_without_a_grant_and_the_answer_says_which() {
    let bench = Bench::new();
    let mut state = bench.state(Grant::default());
    let missing = [
        denial(set(&mut state, "k", "v").await),
        denial(
            timers::Host::arm(&mut state, timer("a", None, "{}"))
                .await
                .unwrap(),
        ),
        denial(put(&mut state, "x").await),
        denial(
            legacy::Host::call(&mut state, "send".into(), "{}".into(), None)
                .await
                .unwrap(),
        ),
    ];
    let expected = [
        "kv = true",
        "timers = true",
        "media = true",
        "legacy = [{ method = \"send\" }]",
    ];
    for (text, words) in missing.iter().zip(expected) {
        assert_eq!(*text, format!("not granted: [plugins.zalo] {words}"));
    }
    assert_eq!(bench.refused().len(), 4);
}

#[tokio::test]
async fn keys_are_the_plugins_own_unless_a_namespace_is_shared() {
    let bench = Bench::new();
    set(&mut bench.state(everything()), "k", "v").await.unwrap();
    assert_eq!(
        get(&mut bench.state(everything()), "k").await.unwrap(),
        b"v"
    );
    let mut grant = everything();
    // A namespace cannot be made to name another plugin's own keys.
    grant.kv.as_mut().unwrap().namespace = Some("zalo".to_owned());
    assert_eq!(get(&mut bench.state(grant), "k").await, None);
}

#[tokio::test]
async fn quotas_and_bad_keys_have_errors_of_their_own() {
    let bench = Bench::new();
    let mut state = bench.state(everything());
    set(&mut state, "a", "").await.unwrap();
    set(&mut state, "b", "").await.unwrap();
    assert!(
        matches!(set(&mut state, "c", "").await, Err(Error::Other((code, _))) if code == "too-many")
    );
    assert!(matches!(
        set(&mut state, "", "").await,
        Err(Error::Invalid(_))
    ));
    let large = "x".repeat(2 << 20);
    assert!(matches!(
        set(&mut state, "a", &large).await,
        Err(Error::TooLarge(1_048_576))
    ));
    let cas = kv::Host::compare_and_set(&mut state, "a".into(), 99, Vec::new(), None).await;
    assert!(matches!(cas.unwrap(), Err(Error::Conflict)));
}

#[tokio::test]
async fn timers_are_checked_and_kept() {
    let bench = Bench::new();
    let mut state = bench.state(everything());
    let mut arm = async |timer| timers::Host::arm(&mut state, timer).await.unwrap();
    assert!(arm(timer("poll", Some(1000), "{\"a\":1}")).await.is_ok());
    for bad in [
        timer("a", Some(999), "{}"),
        timer("a", None, "{"),
        timer("", None, "{}"),
    ] {
        assert!(matches!(arm(bad).await, Err(Error::Invalid(_))));
    }
    let keep = bench.hands.keep.as_ref().unwrap();
    assert_eq!(keep.timers("zalo").await.unwrap()[0].payload, "{\"a\":1}");
    let cancelled = timers::Host::cancel(&mut state, "poll".to_owned()).await;
    assert!(cancelled.unwrap().unwrap());
}

#[tokio::test]
async fn a_file_is_stored_opened_by_its_id_and_read_in_pieces() {
    let bench = Bench::new();
    let mut state = bench.state(everything());
    let blob = put(&mut state, "0123456789").await.unwrap();
    let info = media::HostBlob::info(&mut state, blob).unwrap();
    assert!(info.id.starts_with("inbound/note---"), "{}", info.id);
    let opened = media::Host::open(&mut state, info.id).await.unwrap();
    let opened = opened.unwrap();
    let rep = opened.rep();
    let again = media::HostBlob::info(&mut state, opened).unwrap();
    assert_eq!(
        (again.size, again.filename.as_deref()),
        (10, Some("note.txt"))
    );
    for (offset, len, expect) in [(8, 9, "89"), (10, 1, ""), (u64::MAX, u32::MAX, "")] {
        let blob = Resource::new_borrow(rep);
        let read = media::HostBlob::read(&mut state, blob, offset, len).await;
        assert_eq!(read.unwrap().unwrap(), expect.as_bytes());
    }
    assert!(matches!(
        put(&mut state, "0123456789+").await,
        Err(Error::TooLarge(10))
    ));
}

#[tokio::test]
async fn no_id_leads_out_of_the_store() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("outside"), "x").unwrap();
    let mut state = bench.state(everything());
    put(&mut state, "x").await.unwrap();
    for id in [
        "../outside",
        "inbound/../../outside",
        "/etc/passwd",
        "inbound",
        "keep/plugins.db",
        "",
    ] {
        let opened = media::Host::open(&mut state, id.to_owned()).await;
        assert!(matches!(opened.unwrap(), Err(Error::NotFound)), "{id}");
    }
}

#[tokio::test]
async fn a_file_is_published_where_the_outside_reaches_and_nowhere_else() {
    let mut bench = Bench::new();
    let mut state = bench.state(everything());
    let blob = put(&mut state, "x").await.unwrap();
    let link = media::Host::publish(&mut state, blob, 1000).await.unwrap();
    assert!(matches!(link, Err(Error::Unavailable(_))));
    bench.hands.media_base = Some("https://gateway.example/media/".into());
    let mut state = bench.state(everything());
    let blob = put(&mut state, "x").await.unwrap();
    let link = media::Host::publish(&mut state, blob, 1000).await.unwrap();
    let link = link.unwrap();
    let id = link.strip_prefix("https://gateway.example/media/").unwrap();
    assert!(bench.folder.path().join("media").join(id).exists());
}

/// Answers with what it was asked.
struct Echo;

#[async_trait]
impl GatewayRpc for Echo {
    async fn call(&self, method: &str, params: Value, _: Duration) -> Result<Value, RpcError> {
        Ok(json!({"method": method, "params": params}))
    }
}

#[tokio::test]
async fn methods_are_called_and_planned_by_their_class() {
    let mut bench = Bench::new();
    bench.hands.gateway = Some(Arc::new(Echo));
    let call = async |state: &mut State, method: &str| {
        let params = "{\"text\": \"hi\", \"token\": \"s3cret\"}".to_owned();
        let called = legacy::Host::call(state, method.to_owned(), params, None).await;
        called.unwrap()
    };
    let mut state = bench.state(everything());
    assert!(call(&mut state, "send").await.unwrap().contains("s3cret"));
    let (mut state, plan) = bench.planning(everything());
    assert!(call(&mut state, "health").await.unwrap().contains("health"));
    assert_eq!(
        call(&mut state, "send").await.unwrap(),
        "{\"id\":\"planned\"}"
    );
    let effects = plan.take();
    assert_eq!(lines(&effects), ["legacy send"]);
    assert_eq!(
        effects[0].detail,
        json!({"text": "hi", "token": {"$redacted": true}})
    );
    assert!(denial(call(&mut state, "agent").await).ends_with("legacy = [{ method = \"agent\" }]"));
}

#[tokio::test]
async fn a_plan_sees_its_own_writes_and_leaves_nothing_behind() {
    let bench = Bench::new();
    let (mut state, plan) = bench.planning(everything());
    set(&mut state, "k", "v").await.unwrap();
    assert_eq!(get(&mut state, "k").await.unwrap(), b"v");
    let blob = put(&mut state, "x").await.unwrap();
    let rep = blob.rep();
    let info = media::HostBlob::info(&mut state, blob).unwrap();
    assert!(
        media::Host::open(&mut state, info.id.clone())
            .await
            .unwrap()
            .is_ok()
    );
    let link = media::Host::publish(&mut state, Resource::new_borrow(rep), 1000).await;
    let link = link.unwrap().unwrap();
    assert_eq!(link, format!("https://planned.invalid/{}", info.id));
    timers::Host::arm(&mut state, timer("a", None, "{}"))
        .await
        .unwrap()
        .unwrap();
    let expected = [
        "kv set k",
        "file save inbound/note.txt",
        "media publish inbound/planned-1.txt",
        "timer arm a",
    ];
    let first = plan.take();
    assert_eq!(lines(&first), expected);
    assert!(!bench.folder.path().join("media").exists());
    let keep = bench.hands.keep.as_ref().unwrap();
    assert_eq!(keep.usage("plugin/zalo").await.unwrap().keys, 0);
    assert!(keep.timers("zalo").await.unwrap().is_empty());
    assert_eq!(get(&mut bench.state(everything()), "k").await, None);
}

#[tokio::test]
async fn a_program_without_hands_answers_and_does_not_trap() {
    let mut bench = Bench::new();
    bench.hands = Hands::default();
    let mut state = bench.state(everything());
    assert!(matches!(
        set(&mut state, "k", "v").await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(
        put(&mut state, "x").await,
        Err(Error::Unavailable(_))
    ));
    let called = legacy::Host::call(&mut state, "send".into(), "{}".into(), None).await;
    assert!(matches!(called.unwrap(), Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn open_files_take_no_more_memory_than_they_may() {
    const MOST: usize = 64 << 20;
    let bench = Bench::new();
    let mut grant = everything();
    grant.media.as_mut().unwrap().max_bytes = MOST as u64;
    let mut state = bench.state(grant);
    let large = "x".repeat(MOST);
    let first = put(&mut state, &large).await.unwrap();
    assert!(matches!(put(&mut state, "x").await, Err(Error::TooLarge(it)) if it == MOST as u64));
    media::HostBlob::drop(&mut state, first).await.unwrap();
    assert!(put(&mut state, "x").await.is_ok());
}
