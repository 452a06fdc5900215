//! What the agent says reaches the rooms.

use anyhow::{Context, Result};
use bytes::Bytes;
use overgrow_handler::Effects;
use overgrow_plugins::Typing;
use overgrow_plugins::wit::channel::{Attachment, Delivery, MediaKind, Poll, Target};
use overgrow_plugins::wit::types::RetryAdvice;
use overgrow_store::{New, Shelf};
use serde_json::{Value, json};

use super::rig::{By, Rig, markdown, out, target};

const ROOM: &str = "!room:home.example";

#[tokio::test]
async fn a_text_is_one_event_however_often_it_is_sent() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    for _ in 0..2 {
        let ask = rig.ask_as("the-same", Effects::performing());
        let to = Target {
            reply_to: Some("$q".into()),
            ..target(ROOM)
        };
        let receipt = out(rig.plugin.send_text(&ask, to, markdown("**hi**")).await?)?;
        assert_eq!(
            (receipt.message_ids, receipt.conversation.as_deref()),
            (vec!["$event0".to_owned()], Some(ROOM))
        );
    }
    let sent = rig.server.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0].content,
        json!({
            "msgtype": "m.text", "body": "**hi**", "format": "org.matrix.custom.html",
            "formatted_body": "<p><strong>hi</strong></p>", "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}},
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_password_is_used_once_and_its_token_replaced_when_it_is_lost() -> Result<()> {
    let rig = Rig::start(By::Password, json!({})).await?;
    out(rig.say(ROOM, "one").await?)?;
    out(rig.say(ROOM, "two").await?)?;
    rig.server.log_out();
    out(rig.say(ROOM, "three").await?)?;
    assert_eq!(rig.server.count("POST /_matrix/client/v3/login"), 2);
    let tokens: Vec<_> = rig
        .server
        .seen()
        .into_iter()
        .filter_map(|seen| seen.token)
        .collect();
    assert_eq!(tokens.first().map(String::as_str), Some("obtained-1"));
    assert_eq!(tokens.last().map(String::as_str), Some("obtained-2"));
    assert_eq!(rig.server.sent().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_lost_for_good_is_no_reason_to_try_again() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    rig.server.log_out();
    let Delivery::Failed((retry, why)) = rig.say(ROOM, "hi").await? else {
        anyhow::bail!("sent")
    };
    assert!(matches!(retry, RetryAdvice::Never), "{why}");
    assert!(why.contains("does not know the access token"), "{why}");
    Ok(())
}

#[tokio::test]
async fn a_limit_is_told_to_who_asked() -> Result<()> {
    let rig = Rig::start(By::Token, json!({"textChunkLimit": 10})).await?;
    out(rig.say(ROOM, "first").await?)?;
    let limited = json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 1234});
    rig.server.says(
        "GET /_matrix/client/v3/rooms/!room:home.example/state/m.room.encryption/",
        429,
        limited,
    );
    let Delivery::Failed((RetryAdvice::After(wait), _)) = rig.say(ROOM, "second").await? else {
        anyhow::bail!("not limited")
    };
    assert_eq!(wait, 1234);
    Ok(())
}

#[tokio::test]
async fn an_encrypted_room_is_never_answered() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    rig.server.encrypt(ROOM);
    let Delivery::Failed((RetryAdvice::Never, why)) = rig.say(ROOM, "hi").await? else {
        anyhow::bail!("sent")
    };
    assert!(why.contains("encrypted"), "{why}");
    assert!(rig.server.sent().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_file_is_streamed_from_the_store() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    let id = put(
        &rig,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x06\0\0\0\x1f\x15\xc4\x89",
    )
    .await?;
    let file = Attachment {
        kind: MediaKind::Image,
        media_id: Some(id),
        url: None,
        filename: Some("cat.png".into()),
        content_type: Some("image/png".into()),
        duration: None,
        extra: Vec::new(),
    };
    out(rig
        .plugin
        .send_media(
            &rig.ask(),
            target(ROOM),
            Some(markdown("a cat")),
            vec![file],
        )
        .await?)?;
    let content = rig.server.sent().remove(0).content;
    let (kind, bytes) = rig
        .server
        .uploaded(content["url"].as_str().context("a place")?)
        .context("a file")?;
    assert_eq!((kind.as_str(), bytes.len()), ("image/png", 33));
    assert_eq!(
        content["info"],
        json!({"size": 33, "mimetype": "image/png", "w": 3, "h": 2})
    );
    assert_eq!(
        (content["msgtype"].as_str(), content["body"].as_str()),
        (Some("m.image"), Some("a cat"))
    );
    Ok(())
}

async fn put(rig: &Rig, bytes: &'static [u8]) -> Result<String> {
    let new = New {
        bytes: Bytes::from_static(bytes),
        content_type: Some("image/png"),
        shelf: Shelf::Inbound,
        original_name: Some("cat.png"),
        max_bytes: 1024,
    };
    let saved = rig.store.save(&Effects::performing(), new).await?;
    Ok(Shelf::Inbound.key(&saved.id))
}

#[tokio::test]
async fn what_was_said_can_be_changed_liked_and_taken_back() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    let room = || target("#ops:home.example");
    rig.server.alias("#ops:home.example", ROOM);
    let event = out(rig
        .plugin
        .send_text(&rig.ask(), room(), markdown("old"))
        .await?)?
    .message_ids
    .remove(0);
    out(rig
        .plugin
        .edit(&rig.ask(), room(), event.clone(), markdown("new"))
        .await?)?;
    out(rig
        .plugin
        .react(&rig.ask(), room(), event.clone(), "👍".into())
        .await?)?;
    out(rig
        .plugin
        .react(&rig.ask(), room(), event.clone(), String::new())
        .await?)?;
    out(rig.plugin.delete(&rig.ask(), room(), event.clone()).await?)?;
    let sent = rig.server.sent();
    let kinds: Vec<_> = sent.iter().map(|sent| sent.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "m.room.message",
            "m.room.message",
            "m.reaction",
            "m.room.redaction",
            "m.room.redaction"
        ]
    );
    assert_eq!(sent[1].content["m.new_content"]["body"], "new");
    assert_eq!(
        sent[2].content["m.relates_to"],
        json!({"rel_type": "m.annotation", "event_id": event, "key": "👍"})
    );
    let redacted = |id: &str| {
        rig.server
            .seen()
            .iter()
            .filter(|seen| seen.line.contains(&format!("/redact/{id}/")))
            .count()
    };
    assert_eq!((redacted(&sent[2].id), redacted(&event)), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_poll_and_typing_reach_the_direct_chat() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    let alice = || target("user:@alice:home.example");
    let poll = Poll {
        question: "Lunch?".into(),
        options: vec!["Pizza".into(), "Soup".into()],
        max_choices: 1,
        closes_after: None,
    };
    out(rig.plugin.send_poll(&rig.ask(), alice(), poll).await?)?;
    let sent = rig.server.sent().remove(0);
    assert_eq!(
        (sent.room.as_str(), sent.kind.as_str()),
        ("!dm:home.example", "m.poll.start")
    );
    assert_eq!(sent.content["m.poll.start"]["answers"][1]["m.text"], "Soup");
    out(rig.plugin.typing(&rig.ask(), alice(), Typing::On).await?)?;
    let typing = rig.server.seen().pop().context("typing")?;
    assert_eq!(
        serde_json::from_slice::<Value>(&typing.body)?,
        json!({"typing": true, "timeout": 30_000})
    );
    Ok(())
}

#[tokio::test]
async fn a_plan_says_nothing() -> Result<()> {
    let rig = Rig::start(By::Token, json!({})).await?;
    let (effects, plan) = Effects::planning();
    out(rig
        .plugin
        .send_text(
            &rig.ask_as("planned", effects),
            target(ROOM),
            markdown("hi"),
        )
        .await?)?;
    let planned = plan.take();
    assert_eq!(planned.len(), 1);
    assert!(
        planned[0].target.contains("/send/m.room.message/"),
        "{planned:?}"
    );
    assert!(
        rig.server
            .seen()
            .iter()
            .all(|seen| seen.line.starts_with("GET "))
    );
    Ok(())
}
