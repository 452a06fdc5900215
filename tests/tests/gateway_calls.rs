//! The bridge's calls of the real gateway: answers, refusals, a turn to its end, a crash in between.

use anyhow::{Context, Result, ensure};
use overgrow_bridge::{Gateway, Reach, RpcError, Target};
use overgrow_settings::Secret;
use overgrow_tests::admin::until;
use overgrow_tests::legacy::OpenClaw;
use serde_json::{Value, json};
use std::time::Duration;

/// A turn of the mock model takes a second or two; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn gateway(legacy: &OpenClaw, reach: Reach) -> Result<Gateway> {
    let gateway = Gateway::start(reach)?;
    gateway.follow(Target {
        url: format!("http://{}", legacy.address()),
        base: "/hooks".to_owned(),
        hooks_token: Secret::new(OpenClaw::HOOK_TOKEN),
        gateway_token: Some(Secret::new(OpenClaw::TOKEN)),
        password: None,
        max_body: Target::MAX_BODY,
    });
    Ok(gateway)
}

fn refusal(answer: Result<Value, RpcError>) -> Result<(String, String, bool)> {
    let error = answer.err().context("a refusal")?;
    let RpcError::Refused {
        code,
        message,
        retryable,
        ..
    } = error
    else {
        anyhow::bail!("{error}")
    };
    Ok((code, message, retryable))
}

#[tokio::test]
async fn the_gateway_answers_refuses_and_carries_out_a_turn() -> Result<()> {
    let legacy = OpenClaw::start().await?;
    let gateway = gateway(&legacy, Reach::Everyday)?;
    let health = gateway.call("health", json!({}), PATIENCE).await?;
    ensure!(health["ok"] == true, "{health}");

    let unknown = json!({"to": "1", "message": "x", "channel": "nowhere", "idempotencyKey": "k1"});
    let refused = gateway.call("send", unknown, PATIENCE).await;
    let expected = "unsupported channel: nowhere".to_owned();
    assert_eq!(
        refusal(refused)?,
        ("INVALID_REQUEST".to_owned(), expected, false)
    );
    let (code, message, _) = refusal(gateway.call("nope", json!({}), PATIENCE).await)?;
    assert_eq!(
        (&*code, &*message),
        ("INVALID_REQUEST", "missing scope: operator.admin")
    );

    let turn = json!({"message": "hello", "sessionKey": "agent:main:test:dm:1",
        "idempotencyKey": "k2", "deliver": false});
    let accepted = gateway.call("agent", turn.clone(), PATIENCE).await?;
    assert_eq!(accepted["status"], "accepted");
    // The run goes on, so that the same key gives either its end or that it was accepted.
    let done = until("the end of the turn", async || {
        let again = gateway.call("agent", turn.clone(), PATIENCE).await?;
        Ok((again["status"] == "ok").then_some(again))
    })
    .await?;
    ensure!(done["result"]["payloads"][0]["text"].is_string(), "{done}");

    let another = json!({"message": "hello", "sessionKey": "agent:main:test:dm:1",
        "idempotencyKey": "k3", "deliver": false});
    let done = gateway.call_to_the_end("agent", another, PATIENCE).await?;
    ensure!(
        done["status"] == "ok" && done["result"]["payloads"].is_array(),
        "{done}"
    );
    Ok(())
}

#[tokio::test]
async fn a_crash_breaks_what_is_in_flight_and_the_restarted_gateway_answers() -> Result<()> {
    let mut legacy = OpenClaw::start().await?;
    let gateway = gateway(&legacy, Reach::Everything)?;
    gateway.call("health", json!({}), PATIENCE).await?;
    let wait = json!({"runId": "of nobody", "timeoutMs": 60_000});
    let in_flight = gateway.call("agent.wait", wait, PATIENCE);
    let crash = async {
        // The same connection: when this is answered the other call has arrived.
        gateway.call("health", json!({}), PATIENCE).await?;
        legacy.crash().await
    };
    let (broken, crashed) = tokio::join!(in_flight, crash);
    crashed?;
    assert_eq!(broken, Err(RpcError::Broken));
    legacy.restart().await?;
    until("the gateway again", async || {
        Ok(gateway.call("health", json!({}), PATIENCE).await.ok())
    })
    .await?;
    Ok(())
}
