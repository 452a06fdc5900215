//! `[pilot]` as tables.

use crate::config::{Config, Faults, Handlers, PilotConfig, Secret};

const FILE: &str = "[legacy]\nurl = \"http://a\"\n[pilot]\n";

fn parse(lines: &str) -> Result<Config, Faults> {
    Config::parse(&format!("{FILE}{lines}\n"), &Handlers::new(["x"]))
}

#[test]
fn a_webhook_and_where_its_token_is_kept_are_read() {
    let config = parse("webhook = \"https://a.example/x\"\nwebhook_token = { env = \"T\" }");
    let pilot = config.unwrap().pilot;
    assert_eq!(pilot.webhook.unwrap().as_str(), "https://a.example/x");
    assert_eq!(pilot.webhook_token, Some(Secret::Env("T".into())));
    assert_eq!(parse("").unwrap().pilot, PilotConfig::default());
}

#[test]
fn what_is_wrong_with_it_is_said() {
    let check = |lines: &str, expect: &str| {
        let report = parse(lines).unwrap_err().to_string();
        assert!(report.contains(expect), "{report}");
    };
    check("webhook = \"ftp://a\"", "is not a web address");
    check("webhook = \"https://u:hunter2@a/\"", "a password in it");
    check("webhook_token = \"hunter2\"", "a secret is never written");
    check("webhook_token = { env = \"T\" }", "no `webhook` to go to");
    check("auto = true", "it belongs in a route's `gate`");
    let secret = parse("webhook = \"https://u:hunter2@a/\"").unwrap_err();
    assert!(!secret.to_string().contains("hunter2"));
}
