//! From the gateway to the provider.

use anyhow::Result;
use overgrow_plugins::wit::channel::{Attachment, Delivery, MediaKind, Target, Text, TextFormat};
use overgrow_plugins::wit::types::RetryAdvice;
use serde_json::json;

use super::rig::{Rig, SECRETS, webhooks};

fn target(to: &str, account: Option<&str>) -> Target {
    Target {
        to: to.into(),
        account: account.map(str::to_owned),
        thread: None,
        reply_to: None,
        silent: false,
        extra: Vec::new(),
    }
}

fn plain(body: &str) -> Text {
    Text {
        body: body.into(),
        format: TextFormat::Plain,
    }
}

fn picture(url: String) -> Attachment {
    Attachment {
        kind: MediaKind::Image,
        media_id: None,
        url: Some(url),
        filename: None,
        content_type: None,
        duration: None,
        extra: Vec::new(),
    }
}

fn sent(delivery: Delivery) -> Vec<String> {
    match delivery {
        Delivery::Sent(receipt) => receipt.message_ids,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_text_goes_out_in_pieces_with_the_accounts_token() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let long = format!("{}\n{}", "a".repeat(1500), "b".repeat(1500));
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), target("zalo:c1", None), plain(&long))
        .await?;
    assert_eq!(sent(delivery), ["sent-1", "sent-2"]);
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), target("c2", Some("second")), plain("hi"))
        .await?;
    assert_eq!(sent(delivery), ["sent-3"]);
    let calls = rig.provider.calls();
    assert_eq!(
        calls[0].body,
        json!({ "chat_id": "c1", "text": "a".repeat(1500) })
    );
    let tokens: Vec<_> = calls.iter().map(|call| &*call.token).collect();
    assert_eq!(tokens, [SECRETS[0].1, SECRETS[0].1, SECRETS[2].1]);
    Ok(())
}

#[tokio::test]
async fn pictures_go_out_by_url_with_one_caption() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let files =
        ["https://h.example/1.png", "https://h.example/2.png"].map(|url| picture(url.into()));
    let caption = Some(plain("look"));
    let delivery = rig
        .plugin
        .send_media(&rig.ask(), target("c1", None), caption, files.into())
        .await?;
    assert_eq!(sent(delivery).len(), 2);
    let first = json!({ "chat_id": "c1", "photo": "https://h.example/1.png", "caption": "look" });
    let second = json!({ "chat_id": "c1", "photo": "https://h.example/2.png" });
    assert_eq!(rig.provider.bodies("sendPhoto"), [first, second]);
    Ok(())
}

#[tokio::test]
async fn a_busy_provider_says_when_and_a_refusal_is_final() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    let busy = json!({ "ok": false, "error_code": 429, "description": "Too Many Requests" });
    rig.provider
        .says("sendMessage", 429, &[("retry-after", "3")], busy);
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), target("c1", None), plain("hi"))
        .await?;
    let Delivery::Failed((RetryAdvice::After(3000), why)) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(why, "zalo-429: Too Many Requests");
    let refused = json!({ "ok": false, "error_code": 400, "description": "chat not found" });
    rig.provider.says("sendMessage", 200, &[], refused);
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), target("c1", None), plain("hi"))
        .await?;
    assert!(
        matches!(delivery, Delivery::Failed((RetryAdvice::Never, _))),
        "{delivery:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_out_is_told_when_the_rest_fails() -> Result<()> {
    let rig = Rig::start(webhooks()).await?;
    rig.provider.says(
        "sendMessage",
        200,
        &[],
        json!({ "ok": true, "result": { "message_id": "one" } }),
    );
    rig.provider
        .says("sendMessage", 502, &[], json!({ "ok": false }));
    let long = "a".repeat(2001);
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), target("c1", None), plain(&long))
        .await?;
    let Delivery::Partial((receipt, RetryAdvice::Backoff, _)) = delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(receipt.message_ids, ["one"]);
    Ok(())
}
