//! From the provider to the gateway: updates by webhook, updates that are asked for.

use anyhow::{Context, Result};
use overgrow_handler::Effects;
use overgrow_plugins::wit::service::{Next, StopReason};
use overgrow_plugins::wit::webhook::PathMatch;
use overgrow_plugins::{CallError, ChatKind, Event, InboxError, Message, Receipt};
use serde_json::{Value, json};

use super::provider::PHOTO;
use super::rig::{Rig, SECRETS, webhooks};

const FIRST: &str = SECRETS[1].1;
const SECOND: &str = SECRETS[3].1;

fn update(event: &str, id: &str, more: Value) -> Value {
    let mut message = json!({
        "message_id": id, "from": { "id": "u1", "name": "Ann" }, "chat": { "id": "c1", "chat_type": "PRIVATE" },
        "date": 1_700_000_000,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        message[key] = value.clone();
    }
    json!({ "event_name": event, "message": message })
}

fn text(id: &str, words: &str) -> Value {
    update("message.text.received", id, json!({ "text": words }))
}

fn messages(rig: &Rig) -> Vec<Message> {
    let events = rig
        .inbox
        .submissions()
        .into_iter()
        .map(|submission| submission.event);
    let message = |event| match event {
        Event::Message(message) => message,
        other => panic!("{other:?}"),
    };
    events.map(message).collect()
}

#[tokio::test]
async fn the_path_of_two_accounts_is_asked_for_once() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let routes = rig
        .plugin
        .routes(&rig.ask(), webhooks().to_string())
        .await?;
    let path = |path: &PathMatch| match path {
        PathMatch::Exact(path) | PathMatch::Prefix(path) => path.clone(),
    };
    let paths: Vec<_> = routes.iter().map(|route| path(&route.path)).collect();
    assert_eq!(paths, ["/hook/zalo"]);
    assert_eq!(routes[0].max_body, 1 << 20);
    Ok(())
}

#[tokio::test]
async fn a_text_reaches_the_gateway_as_it_was_sent() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    rig.deliver(FIRST, &text("m1", " hi ")).await?;
    let group = json!({ "text": "all", "chat": { "id": "g1", "chat_type": "GROUP" } });
    rig.deliver(SECOND, &update("message.text.received", "m2", group))
        .await?;
    rig.deliver(FIRST, &text("m3", "  ")).await?;
    rig.deliver(FIRST, &update("message.sticker.received", "m4", json!({})))
        .await?;
    let [first, second] = &messages(&rig)[..] else {
        panic!("two messages")
    };
    assert_eq!(
        (&*first.id, &*first.text, first.account.as_deref()),
        ("m1", "hi", Some("default"))
    );
    assert_eq!(
        (&*first.sender.id, first.sender.name.as_deref()),
        ("u1", Some("Ann"))
    );
    assert_eq!(
        (first.chat, &*first.conversation, first.sent_at),
        (ChatKind::Direct, "c1", 1_700_000_000_000)
    );
    assert_eq!(
        (
            second.chat,
            &*second.conversation,
            second.account.as_deref()
        ),
        (ChatKind::Group, "g1", Some("second"))
    );
    Ok(())
}

#[tokio::test]
async fn a_picture_is_stored_and_one_that_is_gone_left_out() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let photo = |path: &str| json!({ "photo": rig.provider.url(path) });
    rig.deliver(
        FIRST,
        &update("message.image.received", "m1", photo("/photo.png")),
    )
    .await?;
    rig.deliver(
        FIRST,
        &update("message.image.received", "m2", photo("/gone.png")),
    )
    .await?;
    let [first, second] = &rig.inbox.submissions()[..] else {
        panic!("two messages")
    };
    let [id] = &first.attachments[..] else {
        panic!("one file")
    };
    assert_eq!(std::fs::read(rig.store.join(id))?, PHOTO);
    assert!(id.ends_with(".png"), "{id}");
    assert!(second.attachments.is_empty());
    let texts: Vec<_> = messages(&rig)
        .into_iter()
        .map(|message| message.text)
        .collect();
    assert_eq!(texts, ["<media:image>", ""]);
    Ok(())
}

#[tokio::test]
async fn a_repeat_is_delivered_once_and_a_failure_again() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let away = InboxError::Unavailable {
        reason: "restarting".into(),
        after: None,
    };
    rig.inbox.says(Err(away));
    let failed = rig
        .deliver(FIRST, &text("m1", "hi"))
        .await
        .expect_err("nobody took it");
    let failed = failed
        .downcast_ref::<CallError>()
        .context("a call's failure")?;
    assert!(
        matches!(
            failed,
            CallError::Failed {
                retry: overgrow_plugins::Retry::Backoff,
                ..
            }
        ),
        "{failed:?}"
    );
    rig.deliver(FIRST, &text("m1", "hi")).await?;
    rig.deliver(FIRST, &text("m1", "hi")).await?;
    assert_eq!(messages(&rig).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_stranger_is_told_how_to_pair() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    rig.inbox
        .says(Ok(Receipt::Pairing(Some("your code: 123".into()))));
    rig.deliver(SECOND, &text("m1", "hi")).await?;
    let calls = rig.provider.calls();
    let [call] = &calls[..] else {
        panic!("one call: {calls:?}")
    };
    assert_eq!((&*call.method, &*call.token), ("sendMessage", SECRETS[2].1));
    assert_eq!(
        call.body,
        json!({ "chat_id": "c1", "text": "your code: 123" })
    );
    Ok(())
}

#[tokio::test]
async fn planning_says_what_would_be_delivered_and_delivers_nothing() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let headers = [("x-bot-api-secret-token", FIRST)];
    let body = text("m1", "hi").to_string();
    let said = rig
        .hook("POST", "/hook/zalo", &headers, body.as_bytes())
        .await?;
    let (name, payload) = said.job.context("work behind the answer")?;
    let (effects, plan) = Effects::planning();
    rig.plugin
        .run_job(&rig.ask_with(effects), name, payload)
        .await?;
    let kinds: Vec<_> = plan
        .take()
        .into_iter()
        .map(|effect| effect.kind.into_owned())
        .collect();
    assert!(kinds.contains(&"inbound".to_owned()), "{kinds:?}");
    assert!(rig.inbox.submissions().is_empty() && rig.provider.calls().is_empty());
    Ok(())
}

fn polling() -> Value {
    json!({ "botToken": { "$secret": "bot-token" }, "registers": "plugin" })
}

#[tokio::test]
async fn polling_takes_one_update_after_the_other() -> Result<()> {
    let rig = Rig::start(polling()).await?;
    let mut service = rig.plugin.service(&rig.ask()).await?;
    rig.provider
        .says("deleteWebhook", 500, &[], json!({ "ok": false }));
    let next = service.start(&rig.ask(), rig.config.clone()).await?;
    assert!(matches!(next, Next::After(0)), "{next:?}");
    let result = json!({ "ok": true, "result": text("m1", "hi") });
    rig.provider.says("getUpdates", 200, &[], result);
    assert!(matches!(service.tick(&rig.ask()).await?, Next::After(0)));
    assert!(matches!(service.tick(&rig.ask()).await?, Next::After(0)));
    assert_eq!(rig.provider.bodies("deleteWebhook"), [Value::Null]);
    assert_eq!(
        rig.provider.bodies("getUpdates"),
        [json!({ "timeout": "30" }), json!({ "timeout": "30" })]
    );
    assert_eq!(messages(&rig)[0].id, "m1");
    assert_eq!(service.health(&rig.ask()).await?, Ok("2 polls".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_failed_poll_waits_and_an_update_that_was_not_taken_stays() -> Result<()> {
    let rig = Rig::start(polling()).await?;
    let mut service = rig.plugin.service(&rig.ask()).await?;
    service.start(&rig.ask(), rig.config.clone()).await?;
    rig.provider.says(
        "getUpdates",
        500,
        &[],
        json!({ "ok": false, "error_code": 500 }),
    );
    assert!(matches!(service.tick(&rig.ask()).await?, Next::After(5000)));
    assert!(service.health(&rig.ask()).await?.is_err());
    rig.provider.says(
        "getUpdates",
        200,
        &[],
        json!({ "ok": true, "result": text("m1", "hi") }),
    );
    rig.inbox.says(Err(InboxError::Unavailable {
        reason: "restarting".into(),
        after: None,
    }));
    assert!(matches!(service.tick(&rig.ask()).await?, Next::After(5000)));
    assert!(matches!(service.tick(&rig.ask()).await?, Next::After(0)));
    assert_eq!(messages(&rig).len(), 1);
    assert_eq!(rig.provider.bodies("getUpdates").len(), 2);
    Ok(())
}

#[tokio::test]
async fn webhooks_are_registered_when_the_settings_say_so() -> Result<()> {
    let mut settings = webhooks();
    let rig = Rig::start(settings.clone()).await?;
    let mut service = rig.plugin.service(&rig.ask()).await?;
    let next = service.start(&rig.ask(), settings.to_string()).await?;
    assert!(matches!(next, Next::Idle) && rig.provider.calls().is_empty());
    settings["registers"] = "plugin".into();
    settings["apiBase"] = rig.provider.url("").into();
    let mut service = rig.plugin.service(&rig.ask()).await?;
    assert!(matches!(
        service.start(&rig.ask(), settings.to_string()).await?,
        Next::Idle
    ));
    let registered =
        |secret: &str| json!({ "url": "https://me.example/hook/zalo", "secret_token": secret });
    assert_eq!(
        rig.provider.bodies("setWebhook"),
        [registered(FIRST), registered(SECOND)]
    );
    service.stop(&rig.ask(), StopReason::Shutdown).await?;
    assert_eq!(rig.provider.bodies("deleteWebhook").len(), 2);
    Ok(())
}
