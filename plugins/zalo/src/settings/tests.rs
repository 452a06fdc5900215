//! Settings as operators write them.

use super::*;

fn read(config: Value) -> Settings {
    let (settings, faults) = Settings::read(&config.to_string());
    assert_eq!(faults, []);
    settings
}

fn wrong(config: Value) -> Vec<String> {
    let (_, faults) = Settings::read(&config.to_string());
    faults
        .iter()
        .map(|fault| format!("{}: {}", fault.path, fault.message))
        .collect()
}

#[test]
fn the_top_alone_is_the_default_account() {
    let settings =
        read(json!({ "botToken": { "$secret": "token" }, "allowFrom": ["zl:7", 8, "*"] }));
    let account = settings.account(None).expect("an account");
    assert_eq!((&*account.name, &*account.token), (DEFAULT, "token"));
    assert_eq!((account.media_max, &account.webhook), (5 << 20, &None));
    assert_eq!(account.people, ["7", "8"]);
    assert_eq!(settings.api, "https://bot-api.zaloplatforms.com");
    assert_eq!(settings.registers, Registers::Gateway);
}

#[test]
fn accounts_take_from_the_top_but_for_the_token() {
    let settings = read(json!({
        "botToken": { "$secret": "top" }, "webhookUrl": "https://me.example/in/zalo/?x", "webhookSecret": { "$secret": "s" },
        "mediaMaxMb": 0.5,
        "accounts": { "b": {}, "a": { "botToken": { "$secret": "a-token" }, "webhookPath": "own" }, "off": { "enabled": false } },
    }));
    let tokens: Vec<_> = settings
        .accounts
        .iter()
        .map(|account| &*account.token)
        .collect();
    assert_eq!(tokens, ["a-token", "bot-token-b"]);
    assert_eq!(settings.paths(), ["/in/zalo/", "/own"]);
    assert_eq!(settings.accounts[0].media_max, 512 << 10);
    assert_eq!(
        settings
            .at("/own")
            .map(|(account, _)| &*account.name)
            .collect::<Vec<_>>(),
        ["a"]
    );
    assert_eq!(
        settings.account(None).map(|account| &*account.name),
        Some("a")
    );
}

#[test]
fn what_is_switched_off_is_not_there() {
    assert_eq!(
        read(json!({ "enabled": false, "accounts": { "a": {} } })).accounts,
        []
    );
}

#[test]
fn paths_are_kept_as_the_legacy_keeps_them() {
    for (given, kept) in [
        ("/a/", "/a"),
        ("a", "/a"),
        (" /a/b ", "/a/b"),
        ("/", "/"),
        ("//", "/"),
        ("", "/"),
    ] {
        assert_eq!(plain_path(given), kept, "{given}");
    }
    assert_eq!(path_of("host"), "/");
    assert_eq!(path_of("host/a?b/c"), "/a");
}

#[test]
fn faults_have_their_places() {
    let secret = json!({ "$secret": "s" });
    assert_eq!(
        wrong(json!({ "webhookUrl": "http://me.example", "webhookSecret": secret })),
        ["webhookUrl: must begin with https://"]
    );
    assert_eq!(
        wrong(json!({ "accounts": { "a": { "webhookUrl": "https://me.example" } } })),
        ["accounts.a.webhookSecret: is missing"]
    );
    assert_eq!(
        wrong(json!({ "botToken": { "$redacted": true } })),
        ["botToken: is not among the plugin's granted secrets"]
    );
    assert!(
        wrong(json!({ "accounts": { "a": { "mediaMaxMb": "x" } } }))[0]
            .starts_with("accounts.a.mediaMaxMb: ")
    );
}

#[test]
fn targets_lose_the_channels_name() {
    for (given, plain) in [
        ("zalo:12", "12"),
        ("ZL:12", "12"),
        (" 12 ", "12"),
        ("zalo", "zalo"),
        ("ö", "ö"),
    ] {
        assert_eq!(plain_target(given), plain);
    }
}

use serde_json::json;
