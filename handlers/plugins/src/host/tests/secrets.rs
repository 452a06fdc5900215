//! Secrets: what comes of them, and what does not.

use super::*;
use crate::bindings::overgrow::plugin::secrets::{Host, HostSecret, Mac};
use crate::grant::{Reveal, SecretGrant, SecretSource, Write};

fn secret(name: &str, source: SecretSource) -> SecretGrant {
    SecretGrant {
        name: name.to_owned(),
        source,
        hosts: Vec::new(),
        reveal: Reveal::Never,
        write: Write::Denied,
    }
}

fn file(bench: &Bench, content: &str) -> SecretSource {
    let path = bench.folder.path().join("secret");
    std::fs::write(&path, content).unwrap();
    SecretSource::File(path)
}

fn granting(secrets: Vec<SecretGrant>) -> Grant {
    Grant {
        secrets,
        ..Grant::default()
    }
}

async fn open(
    state: &mut State,
    name: &str,
) -> Result<wasmtime::component::Resource<Secret>, Error> {
    Host::open(state, name.to_owned()).await.unwrap()
}

#[tokio::test]
async fn a_secret_signs_and_compares_and_stays_in_the_host() {
    let bench = Bench::new();
    let source = file(&bench, "Jefe\n");
    let mut state = bench.state(granting(vec![secret("key", source)]));
    let key = open(&mut state, "key").await.unwrap();
    let borrowed = || wasmtime::component::Resource::new_borrow(key.rep());
    // RFC 4231's second case.
    let data = b"what do ya want for nothing?".to_vec();
    let mac = state.sign(borrowed(), Mac::HmacSha256, data.clone());
    let mac = mac.unwrap().unwrap();
    let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    // RFC 2202's second case.
    let mac = state.sign(borrowed(), Mac::HmacSha1, data).unwrap();
    assert_eq!(mac.unwrap()[..4], [0xef, 0xfc, 0xdf, 0x6a]);
    assert!(state.matches(borrowed(), b"Jefe".to_vec()).unwrap());
    assert!(!state.matches(borrowed(), b"Jefe ".to_vec()).unwrap());
    let refused = denial(state.reveal(borrowed()).unwrap());
    assert_eq!(
        refused,
        "not granted: [plugins.zalo] secrets = [{ name = \"key\", reveal = true }]"
    );
    assert_eq!(bench.refused(), ["zalo secrets"]);
}

#[tokio::test]
async fn a_granted_secret_is_revealed_and_shown_nowhere() {
    let bench = Bench::new();
    let source = file(&bench, "s3cret");
    let granted = SecretGrant {
        reveal: Reveal::Audited,
        ..secret("key", source)
    };
    let mut state = bench.state(granting(vec![granted]));
    let key = open(&mut state, "key").await.unwrap();
    assert_eq!(state.reveal(key).unwrap().unwrap(), b"s3cret");
    assert_eq!(
        state.mask.over("the s3cret is out"),
        "the {secret:key} is out"
    );
    let shown = state.shown(&serde_json::json!({"text": "s3cret", "apiKey": "x"}));
    assert_eq!(shown["text"], "{secret:key}");
    assert_eq!(shown["apiKey"], serde_json::json!({"$redacted": true}));
}

#[tokio::test]
async fn what_is_not_granted_or_not_set_is_told_apart() {
    let bench = Bench::new();
    let gone = SecretSource::File(bench.folder.path().join("gone"));
    let unset = SecretSource::Env("OVERGROW_NOBODY_SETS_THIS".to_owned());
    let empty = file(&bench, " \n");
    let secrets = [
        ("gone", gone),
        ("unset", unset),
        ("empty", empty),
        ("config", SecretSource::Config("a.b".to_owned())),
        ("stored", SecretSource::Stored),
    ];
    let granted = secrets.map(|(name, source)| secret(name, source));
    let mut state = bench.state(granting(granted.into()));
    for name in ["gone", "unset", "empty", "config", "stored"] {
        let outcome = open(&mut state, name).await;
        assert!(matches!(outcome, Err(Error::NotFound)), "{name}");
    }
    let refused = denial(open(&mut state, "gate").await);
    assert_eq!(
        refused,
        "not granted: [plugins.zalo] secrets = [{ name = \"gate\" }]"
    );
}

#[tokio::test]
async fn what_a_plugin_stored_wins_and_outlives_the_call() {
    let bench = Bench::new();
    let granted = SecretGrant {
        write: Write::Granted,
        reveal: Reveal::Audited,
        ..secret("token", file(&bench, "first"))
    };
    let fixed = secret("fixed", SecretSource::Stored);
    let grant = granting(vec![granted, fixed]);
    let mut state = bench.state(grant.clone());
    let store = state.store("token".to_owned(), b"second".to_vec()).await;
    store.unwrap().unwrap();
    let refused = state.store("fixed".to_owned(), b"x".to_vec()).await;
    assert!(denial(refused.unwrap()).ends_with("secrets = [{ name = \"fixed\", write = true }]"));
    let mut state = bench.state(grant);
    let token = open(&mut state, "token").await.unwrap();
    assert_eq!(state.reveal(token).unwrap().unwrap(), b"second");
}

#[tokio::test]
async fn a_planned_secret_is_the_plans_alone() {
    let bench = Bench::new();
    let granted = SecretGrant {
        write: Write::Granted,
        reveal: Reveal::Audited,
        ..secret("token", SecretSource::Stored)
    };
    let grant = granting(vec![granted]);
    let (mut state, plan) = bench.planning(grant.clone());
    let store = state.store("token".to_owned(), b"planned-value".to_vec());
    store.await.unwrap().unwrap();
    let token = open(&mut state, "token").await.unwrap();
    assert_eq!(state.reveal(token).unwrap().unwrap(), b"planned-value");
    let effects = plan.take();
    assert_eq!(lines(&effects), ["secret store token"]);
    assert!(!format!("{effects:?}").contains("planned-value"));
    let mut state = bench.state(grant);
    assert!(matches!(
        open(&mut state, "token").await,
        Err(Error::NotFound)
    ));
}
