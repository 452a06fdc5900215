//! Wakes that are accepted while the gateway is dead reach it when it is back.

use crate::rig::{HOOKS, in_front_of, wake};
use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use overgrow_tests::admin::{json, scrape, until, until_scrape};
use overgrow_tests::golden::Transcript;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::replay::{self, Device};
use overgrow_tests::sidecar::Sidecar;
use serde_json::Value;
use std::time::Duration;

/// A killed process is gone at once; the rest is for a busy machine.
const CRASH: Duration = Duration::from_secs(10);

#[tokio::test]
async fn wakes_for_a_dead_gateway_are_all_there_when_it_is_back() -> Result<()> {
    let mut gateway = OpenClaw::start().await?;
    let sidecar = in_front_of(&gateway, HOOKS).await?;
    send(&sidecar, &["before the crash"]).await?;
    delivered(&sidecar).await?;
    gateway.crash().await?;
    // The second of two equal ones in a row is dropped, as the gateway does it; the same text later is not.
    send(&sidecar, &["one", "one", "two", "one"]).await?;
    send(&sidecar, &numbered(0..8)).await?;
    waits(&sidecar, 11).await?;
    gateway.restart().await?;
    delivered(&sidecar).await?;
    let expected = [owned(&["one", "two", "one"]), numbered(0..8)].concat();
    assert_eq!(queued(&gateway).await?, expected);
    Ok(())
}

#[tokio::test]
async fn wakes_outlive_a_sidecar_that_is_killed_too() -> Result<()> {
    let mut gateway = OpenClaw::start().await?;
    let sidecar = in_front_of(&gateway, HOOKS).await?;
    gateway.crash().await?;
    send(&sidecar, &numbered(0..5)).await?;
    sidecar.process().signal(Signal::SIGKILL)?;
    sidecar.process().ended(CRASH).await?;
    let again = sidecar.again()?.ready().await?;
    send(&again, &numbered(5..10)).await?;
    waits(&again, 10).await?;
    gateway.restart().await?;
    delivered(&again).await?;
    assert_eq!(queued(&gateway).await?, numbered(0..10));
    Ok(())
}

/// Sends wakes one after the other, each of which must be accepted.
async fn send(sidecar: &Sidecar, texts: &[impl AsRef<str>]) -> Result<()> {
    for text in texts {
        let answer = wake(text.as_ref()).send(sidecar.addr()).await?;
        ensure!(
            answer.status() == 200 && answer.text() == r#"{"ok":true,"mode":"next-heartbeat"}"#,
            "{}: {}",
            answer.status_line,
            answer.text()
        );
    }
    Ok(())
}

/// The sidecar says that so many wait, and why.
async fn waits(sidecar: &Sidecar, count: u32) -> Result<()> {
    let shown = until("an error of the bridge", async || {
        let shown = json(sidecar.admin(), "/api/bridge").await?;
        Ok(shown["last_error"].is_string().then_some(shown))
    })
    .await?;
    assert_eq!(
        (&shown["waiting"], &shown["connected"], &shown["dead"]),
        (&count.into(), &false.into(), &0.into()),
        "{shown}"
    );
    let counted = scrape(sidecar.admin()).await?;
    assert_eq!(
        counted.sum("overgrow_bridge_waiting", &[]),
        f64::from(count)
    );
    Ok(())
}

/// Waits until nothing waits.
async fn delivered(sidecar: &Sidecar) -> Result<()> {
    until_scrape(sidecar.admin(), "an empty queue", |counted| {
        counted.has("overgrow_bridge_waiting") && counted.sum("overgrow_bridge_waiting", &[]) == 0.0
    })
    .await?;
    let shown = json(sidecar.admin(), "/api/bridge").await?;
    ensure!(
        shown["connected"] == true && shown["last_error"].is_null() && shown["dead"] == 0,
        "{shown}"
    );
    Ok(())
}

/// What the gateway has in its queue of system events, in order.
async fn queued(gateway: &OpenClaw) -> Result<Vec<String>> {
    let asks: Transcript = serde_json::from_value(asks_for_status())?;
    let told = replay::conversation(gateway.address(), &asks, &Device::fresh()).await?;
    let status = told.frames.iter().find(|frame| frame["id"] == "status");
    let events = status.map(|frame| &frame["payload"]["queuedSystemEvents"]);
    let events = events.and_then(Value::as_array);
    let events = events.with_context(|| format!("no status in {told:?}"))?;
    Ok(events
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}

fn asks_for_status() -> Value {
    let client = serde_json::json!({
        "minProtocol": 3, "maxProtocol": 3,
        "client": {"id": "cli", "version": "1", "platform": "linux", "mode": "cli"},
        "auth": {"token": OpenClaw::TOKEN},
    });
    serde_json::json!({"name": "status", "path": "/", "headers": {}, "steps": [
        {"recv": {"type": "event", "event": "connect.challenge"}},
        {"send": {"type": "req", "id": "connect", "method": "connect", "params": client}},
        {"recv": {"type": "res", "id": "connect"}},
        {"send": {"type": "req", "id": "status", "method": "status"}},
        {"recv": {"type": "res", "id": "status"}},
    ]})
}

fn numbered(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("wake {number}")).collect()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
