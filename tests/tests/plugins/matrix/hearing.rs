//! What people say reaches the gateway.

use anyhow::{Context, Result};
use overgrow_plugins::{ChatKind, InboxError, Receipt};
use serde_json::json;

use super::homeserver::{BOT, Homeserver};
use super::rig::{By, Rig, SYNC, said, stop, text};

const DIRECT: &str = "!dm:home.example";
const ROOM: &str = "!room:home.example";

#[tokio::test]
async fn a_message_reaches_the_gateway_and_is_marked_as_read() -> Result<()> {
    let rig = Rig::start(By::Password, json!({})).await?;
    let service = rig.listen().await?;
    rig.server.events(
        DIRECT,
        json!([
            text("$a", "hello"),
            said("$own", BOT, json!({"msgtype": "m.text", "body": "mine"}))
        ]),
    );
    let (message, _) = rig.inbox.messages(1).await?.remove(0);
    assert_eq!(
        (
            message.id.as_str(),
            message.text.as_str(),
            message.conversation.as_str()
        ),
        ("$a", "hello", DIRECT)
    );
    assert_eq!(
        (message.sender.id.as_str(), message.chat),
        ("@alice:home.example", ChatKind::Direct)
    );
    let receipt = "POST /_matrix/client/v3/rooms/!dm:home.example/receipt/m.read/$a";
    rig.server
        .until(|server| server.count(receipt) == 1)
        .await?;
    stop(service).await;
    Ok(())
}

#[tokio::test]
async fn a_file_comes_along_with_the_token() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    rig.server.file("cat", "image/png", b"\x89PNG\r\n\x1a\n");
    let service = rig.listen().await?;
    let image = json!({"msgtype": "m.image", "body": "cat.png", "url": "mxc://home.example/cat", "info": {"mimetype": "image/png", "size": 8}});
    rig.server
        .events(DIRECT, json!([said("$a", "@alice:home.example", image)]));
    let (message, files) = rig.inbox.messages(1).await?.remove(0);
    assert_eq!((message.text.as_str(), files.len()), ("cat.png", 1));
    let seen = rig.server.seen();
    let download = seen
        .iter()
        .find(|seen| seen.line.contains("/media/download/"))
        .context("a download")?;
    assert_eq!(download.token.as_deref(), Some("given"));
    stop(service).await;
    Ok(())
}

#[tokio::test]
async fn what_the_gateway_could_not_take_comes_again_and_nothing_is_lost_by_a_restart() -> Result<()>
{
    let rig = Rig::start(By::Token, json!({})).await?;
    let service = rig.listen().await?;
    rig.inbox.says(Err(InboxError::Unavailable {
        reason: "the gateway is away".into(),
        after: None,
    }));
    rig.server
        .events(DIRECT, json!([text("$a", "one"), text("$b", "two")]));
    let texts: Vec<_> = rig
        .inbox
        .messages(2)
        .await?
        .into_iter()
        .map(|(message, _)| message.text)
        .collect();
    assert_eq!(texts, ["one", "two"]);
    let reached = |server: &Homeserver| {
        server
            .seen()
            .iter()
            .any(|seen| seen.query.ends_with("&since=s2"))
    };
    rig.server.until(reached).await?;
    stop(service).await;
    let before = rig.server.count(SYNC);
    let service = rig.listen().await?;
    let mut questions = rig
        .server
        .seen()
        .into_iter()
        .filter(|seen| seen.line == SYNC);
    let first = questions.nth(before).context("a question")?;
    assert!(first.query.ends_with("&since=s2"), "{}", first.query);
    rig.server.events(DIRECT, json!([text("$c", "three")]));
    assert_eq!(rig.inbox.messages(3).await?.len(), 3);
    stop(service).await;
    Ok(())
}

#[tokio::test]
async fn a_stranger_is_shown_a_code() -> Result<()> {
    let rig = Rig::start(By::Token, json!({"dm": {"policy": "pairing"}})).await?;
    let service = rig.listen().await?;
    rig.inbox
        .says(Ok(Receipt::Pairing(Some("Pairing code: ABC".into()))));
    rig.server.events(DIRECT, json!([text("$a", "let me in")]));
    rig.server.until(|server| !server.sent().is_empty()).await?;
    let sent = rig.server.sent().remove(0);
    assert_eq!(
        (sent.room.as_str(), sent.content["body"].as_str()),
        (DIRECT, Some("Pairing code: ABC"))
    );
    stop(service).await;
    Ok(())
}

#[tokio::test]
async fn rooms_are_joined_and_only_mentions_heard() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    let service = rig.listen().await?;
    rig.server.news(
        json!({"rooms": {"invite": {"!new:home.example": {"invite_state": {"events": []}}}}}),
    );
    rig.server
        .until(|server| server.count("POST /_matrix/client/v3/join/!new:home.example") == 1)
        .await?;
    let mention =
        json!({"msgtype": "m.text", "body": "you there?", "m.mentions": {"user_ids": [BOT]}});
    rig.server.events(
        ROOM,
        json!([
            text("$a", "chatter"),
            said("$b", "@carol:home.example", mention)
        ]),
    );
    let (message, _) = rig.inbox.messages(1).await?.remove(0);
    assert_eq!(
        (message.text.as_str(), message.chat),
        ("you there?", ChatKind::Channel)
    );
    stop(service).await;
    Ok(())
}

#[tokio::test]
async fn an_encrypted_message_is_left_alone() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    let service = rig.listen().await?;
    let mut secret = text("$a", "");
    secret["type"] = "m.room.encrypted".into();
    secret["content"] =
        json!({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEnACgAkLmt6qF84IK"});
    rig.server.events(ROOM, json!([secret]));
    rig.server.events(DIRECT, json!([text("$b", "in clear")]));
    let (message, _) = rig.inbox.messages(1).await?.remove(0);
    assert_eq!(message.id, "$b");
    stop(service).await;
    Ok(())
}

#[tokio::test]
async fn trouble_with_the_server_passes() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    rig.server.says(SYNC, 502, json!({}));
    rig.server.says(
        SYNC,
        429,
        json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10}),
    );
    let service = rig.listen().await?;
    rig.server
        .events(DIRECT, json!([text("$a", "still there?")]));
    assert_eq!(rig.inbox.messages(1).await?[0].0.text, "still there?");
    stop(service).await;
    Ok(())
}
