//! The real gateway serves, the native hooks are asked the same with their effects planned; then the dial is turned and
//! turned back under load.
//!
//! The surprise: what is generated is mostly wrong. Refusals are where two implementations of one contract differ, and
//! they start no agent.

use anyhow::{Result, ensure};
use futures_util::{StreamExt, stream};
use overgrow_tests::admin::{Scrape, scrape, until, until_config};
use overgrow_tests::ask::{Ask, Client, post};
use overgrow_tests::golden::{Recording, parse_lines};
use overgrow_tests::kit;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::load::Load;
use overgrow_tests::shadow::{ended, ended_in_all, report};
use overgrow_tests::sidecar::{Sidecar, forwarding};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::net::SocketAddr;

const ROUTE: &str = r#"
[[route]]
id      = "hooks"
match   = { path = "/hooks/*" }
handler = "hooks"
rust    = false
shadow  = { sample = 100, writes = "plan", timeout = "20s" }
"#;

/// What has to be compared before the claim is made.
const COMPARED: u64 = 10_000;

/// Requests of a round, and rounds at the most.
const ROUND: usize = 2_500;
const ROUNDS: usize = 12;

/// Clients at a time: fewer than the lane has places for one route, so that nothing is dropped.
const CLIENTS: usize = 16;

async fn shadowed(gateway: &OpenClaw) -> Result<Sidecar> {
    let config = gateway.folder().join("openclaw.json");
    let legacy = format!(
        "url = \"http://{}\"\nconfig = {config:?}",
        gateway.address()
    );
    Sidecar::start(&format!("{}{ROUTE}", forwarding("", &legacy))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_are_answered_alike() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = shadowed(&gateway).await?;
    golden(&sidecar).await?;
    let admin = sidecar.admin();
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(4),
        ..Config::default()
    });
    // A lane that is full drops and counts, so it takes as many rounds as it takes.
    for _ in 0..ROUNDS {
        generated(&sidecar, &mut runner).await?;
        let counted = until_all_ended(admin).await?;
        for lost in ["failed", "timeout", "incomplete"] {
            assert_eq!(ended(&counted, "hooks", lost), 0, "{lost}");
        }
        if ended(&counted, "hooks", "compared") >= COMPARED {
            break;
        }
    }
    let report = report(admin, "hooks").await?;
    ensure!(report.mismatched == 0, "{report:#?}");
    ensure!(report.compared >= COMPARED, "{} compared", report.compared);
    assert_eq!(report.differences.len(), 0, "{report:#?}");
    flipped_and_back(&sidecar).await
}

/// Every request of the clients has an outcome.
async fn until_all_ended(admin: SocketAddr) -> Result<Scrape> {
    let labels = [("route", "hooks"), ("role", "primary")];
    until("every request has an outcome", || async {
        let counted = scrape(admin).await?;
        let asked = counted.sum("overgrow_requests_total", &labels);
        Ok((ended_in_all(&counted, "hooks") as f64 >= asked).then_some(counted))
    })
    .await
}

/// The recordings, one after the other, as whatever client they were recorded from.
async fn golden(sidecar: &Sidecar) -> Result<()> {
    let text = std::fs::read_to_string(kit::tree("golden/openclaw-http.jsonl"))?;
    let recordings: Vec<Recording> = parse_lines(&text)?;
    for recording in recordings
        .iter()
        .filter(|one| one.name.starts_with("hooks."))
    {
        overgrow_tests::replay::exchange(sidecar.addr(), recording).await?;
    }
    Ok(())
}

async fn generated(sidecar: &Sidecar, runner: &mut TestRunner) -> Result<()> {
    let mut asks = Vec::new();
    for _ in 0..ROUND {
        let ask = ask().new_tree(runner).map_err(anyhow::Error::msg)?;
        asks.push(ask.current());
    }
    let to = sidecar.addr();
    let share = asks.len().div_ceil(CLIENTS);
    let clients = asks.chunks(share).map(|asks| async move {
        let mut client = Client::new(to);
        for ask in asks {
            client.ask(ask).await?;
        }
        Ok::<_, anyhow::Error>(())
    });
    let mut clients: stream::FuturesUnordered<_> = clients.collect();
    while let Some(done) = clients.next().await {
        done?;
    }
    Ok(())
}

/// A request to a hook, mostly a wrong one.
fn ask() -> impl Strategy<Value = Ask> {
    let path = prop_oneof![
        6 => Just("/hooks/wake"),
        6 => Just("/hooks/agent"),
        2 => Just("/hooks/mapwake?q=a%20b"),
        1 => Just("/hooks/mapempty"),
        1 => Just("/hooks/none"),
        1 => Just("/hooks/"),
        1 => Just("/hooks/x/../wake"),
    ];
    let token = prop_oneof![
        9 => Just("Bearer legacy-hook-token"),
        1 => Just("Bearer wrong"),
    ];
    (path, token, body()).prop_map(|(path, token, body)| {
        post(path, body)
            .header("authorization", token)
            .header("x-demo", "d")
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => document().prop_map(String::into_bytes),
        3 => damaged(),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

/// A document whose keys the hooks look at. An agent is never called: its message is missing or its channel unknown.
fn document() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("text"),
        Just("mode"),
        Just("name"),
        Just("channel"),
        Just("model"),
        Just("a"),
        Just("source"),
        Just("deliver"),
        Just("wakeMode"),
        Just("timeoutSeconds"),
        Just("__proto__"),
    ];
    proptest::collection::vec((key, value()), 0..6).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| format!("{key:?}:{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ a-zé\u{a0}\u{2028}😀]{0,12}".prop_map(|text| serde_json::json!(text).to_string()),
        1 => any::<f64>().prop_filter("JSON has no such number", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        1 => any::<i32>().prop_map(|number| number.to_string()),
        1 => prop_oneof![Just("null"), Just("true"), Just("false"), Just("[]"), Just("{}"), Just("\"next-heartbeat\""), Just("\"\\ud800\"")].prop_map(str::to_owned),
        1 => Just("[1,{\"c\":\"x\"}]".to_owned()),
    ]
}

/// A document with a byte taken out, put in or changed.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'"'),
        Just(b'{'),
        Just(b'}'),
        Just(b','),
        Just(b':'),
        Just(b'\\'),
        Just(b'\n'),
        Just(b'0'),
        Just(b'e'),
        any::<u8>()
    ];
    (document(), any::<prop::sample::Index>(), byte, 0..3_u8).prop_map(|(text, at, byte, way)| {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        match way {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, byte),
            _ => bytes[at] = byte,
        }
        bytes
    })
}

/// From the gateway to rust and back, each by one edit, and no client notices.
async fn flipped_and_back(sidecar: &Sidecar) -> Result<()> {
    let wake = post("/hooks/wake", r#"{"text":"hello"}"#)
        .header("authorization", "Bearer legacy-hook-token");
    let load = Load::start(8, sidecar.addr(), &wake);
    let routes = std::fs::read_to_string(sidecar.routes())?;
    for (generation, rust) in [(2, "true"), (3, "false")] {
        sidecar.edit(&routes.replace("rust    = false", &format!("rust    = {rust}")))?;
        until_config(sidecar.admin(), "it is reloaded", |config| {
            config["generation"] == generation
        })
        .await?;
        answered_by(sidecar, if rust == "true" { "rust" } else { "legacy" }).await?;
    }
    let record = load.stop().await?;
    assert_eq!(record.failures(), Vec::<String>::new());
    Ok(())
}

/// Waits until that side has answered a hundred more.
async fn answered_by(sidecar: &Sidecar, backend: &str) -> Result<()> {
    let labels = [
        ("route", "hooks"),
        ("backend", backend),
        ("role", "primary"),
    ];
    let count = || async {
        let counted = scrape(sidecar.admin()).await?;
        Ok::<_, anyhow::Error>(counted.sum("overgrow_requests_total", &labels))
    };
    let before = count().await?;
    until("a hundred more", || async {
        Ok((count().await? >= before + 100.0).then_some(()))
    })
    .await
}
