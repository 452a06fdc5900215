//! What a plugin sees of the legacy's settings.

use overgrow_settings::{Environment, Live};
use serde_json::json;

use super::*;
use crate::bindings::overgrow::plugin::config::Host;
use crate::grant::{Reveal, SecretGrant, SecretSource, Write};

const FILE: &str = r#"{
  channels: {
    zalo: {
      botToken: "s3cret", webhookUrl: "https://a.example", dmPolicy: "open",
      accounts: {work: {botToken: "w0rk", allowFrom: ["1", "2"]}},
    },
    teams: {appPassword: "other"},
  },
  gateway: {auth: {token: "gateway-token"}},
}"#;

fn bench() -> Bench {
    let mut bench = Bench::new();
    let path = bench.folder.path().join("openclaw.json");
    std::fs::write(&path, FILE).unwrap();
    bench.hands.settings = Live::within(Environment::default());
    bench.hands.settings.follow(Some(path));
    bench
}

fn grant() -> Grant {
    let settings = json!({"dmPolicy": "pairing", "retries": 3});
    Grant {
        config: vec!["channels.zalo".to_owned()],
        settings: settings.as_object().unwrap().clone(),
        secrets: vec![SecretGrant {
            name: "bot".to_owned(),
            source: SecretSource::Config("channels.zalo.botToken".to_owned()),
            hosts: Vec::new(),
            reveal: Reveal::Never,
            write: Write::Denied,
        }],
        ..Grant::default()
    }
}

#[test]
fn granted_subtrees_are_seen_without_their_secrets_and_under_its_own_settings() {
    let mut state = bench().state(grant());
    let all: Value = serde_json::from_str(&state.all().unwrap()).unwrap();
    let expected = json!({
        "botToken": {"$secret": "bot"}, "webhookUrl": "https://a.example", "dmPolicy": "pairing", "retries": 3,
        "accounts": {"work": {"botToken": {"$redacted": true}, "allowFrom": ["1", "2"]}},
    });
    assert_eq!(all, expected);
}

#[test]
fn one_value_is_got_by_its_path() {
    let mut state = bench().state(grant());
    let mut get = |path: &str| state.get(path.to_owned()).unwrap();
    assert_eq!(get("accounts.work.allowFrom.1").unwrap(), "\"2\"");
    assert_eq!(get("retries").unwrap(), "3");
    for absent in ["gateway", "channels", "accounts.work.allowFrom.9", ""] {
        assert!(matches!(get(absent), Err(Error::NotFound)), "{absent}");
    }
}

#[test]
fn without_a_grant_there_is_an_empty_document() {
    let mut state = bench().state(Grant::default());
    assert_eq!(state.all().unwrap(), "{}");
}
