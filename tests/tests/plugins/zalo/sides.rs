//! The plugin beside the gateway's own: the same requests, the same answers.

use anyhow::Result;
use overgrow_tests::ask::Ask;
use serde_json::json;

use super::gateway::Gateway;
use super::provider::Provider;
use super::rig::{Rig, SECRETS, webhooks};

const PATH: &str = "/hook/zalo";

/// Bodies that are shown with a good secret.
const BODIES: [&str; 30] = [
    "",
    " \r\n\t",
    "\u{feff}",
    "\u{feff}{}",
    "hello",
    "undefined",
    "{",
    "{\"a\"",
    "{\"a\":1,}",
    "{\"a\":1]",
    "[1,]",
    "[1 2]",
    "\"abc",
    "\"a\nb\"",
    "\"\\q\"",
    "\"\\u12\"",
    "01",
    "-",
    "1.",
    "1e",
    "nul",
    "{} x",
    "{\"event_name\": \"message.text.received\" \"message\": {\"text\": \"a long text that is quoted in part\"}}",
    "null",
    "7",
    "[]",
    "{}",
    "{\"event_name\":\"\"}",
    "{\"ok\":true,\"result\":{}}",
    "{\"ok\":true,\"result\":\"x\",\"event_name\":\"y\"}",
];

/// Bodies that are taken.
const TAKEN: [&str; 4] = [
    "{\"event_name\":\"message.sticker.received\"}",
    "{\"event_name\":\"nobody.knows.it\",\"message\":{}}",
    "{\"ok\":true,\"result\":{\"event_name\":\"message.sticker.received\"}}",
    " {\"event_name\": 1} ",
];

/// Method, path, headers, body.
type Asked = (
    &'static str,
    &'static str,
    Vec<(&'static str, &'static str)>,
    &'static str,
);

fn requests() -> Vec<Asked> {
    let name = "x-bot-api-secret-token";
    let (first, second) = (SECRETS[1].1, SECRETS[3].1);
    let mut requests: Vec<Asked> = Vec::new();
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        requests.push((method, PATH, vec![(name, first)], ""));
    }
    for headers in [
        vec![],
        vec![(name, "")],
        vec![(name, "wrong")],
        vec![(name, "A-secret-of-the-first")],
        vec![(name, first), (name, second)],
        vec![("authorization", "Bearer a-secret-of-the-first")],
    ] {
        requests.push(("POST", PATH, headers, "{"));
    }
    requests.push(("POST", "/hook/zalo/", vec![(name, second)], TAKEN[0]));
    requests.push((
        "POST",
        PATH,
        vec![("X-BOT-API-SECRET-TOKEN", second)],
        TAKEN[0],
    ));
    for body in BODIES.iter().chain(&TAKEN) {
        requests.push(("POST", PATH, vec![(name, first)], body));
    }
    requests
}

/// What both say, without what their servers add.
type Comparable = (u16, Vec<(String, String)>, String);

async fn legacy(gateway: &Gateway, (method, path, headers, body): &Asked) -> Result<Comparable> {
    let mut ask = Ask::new(method, path);
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    if !body.is_empty() {
        ask = ask.body(*body);
    } else if *method != "GET" {
        ask = ask.header("content-length", "0");
    }
    let answer = ask.send(gateway.address()).await?;
    let added = ["date", "connection", "keep-alive", "content-length"];
    let own = answer.headers.iter().filter(|header| {
        !added
            .iter()
            .any(|name| header.name.eq_ignore_ascii_case(name))
    });
    let own = own
        .map(|header| (header.name.clone(), header.value.clone()))
        .collect();
    Ok((answer.status(), own, answer.text()))
}

async fn ours(rig: &Rig, (method, path, headers, body): &Asked) -> Result<Comparable> {
    let said = rig.hook(method, path, headers, body.as_bytes()).await?;
    Ok((said.status, said.headers, said.body))
}

#[tokio::test]
async fn webhooks_are_answered_as_the_legacy_answers_them() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let provider = Provider::start().await?;
    let secret = |nth: usize| SECRETS[nth].1;
    let zalo = json!({
        "enabled": true,
        "botToken": secret(0),
        "webhookUrl": "https://me.example/hook/zalo",
        "webhookSecret": secret(1),
        "accounts": { "default": {}, "second": { "botToken": secret(2), "webhookSecret": secret(3) } },
    });
    let gateway = Gateway::start(zalo, &provider, PATH, 2).await?;
    for asked in requests() {
        let (legacy, ours) = (legacy(&gateway, &asked).await?, ours(&rig, &asked).await?);
        assert_eq!(ours, legacy, "{asked:?}");
    }
    Ok(())
}
