//! What goes out: texts, files, polls; with which token, and what is tried again.

use anyhow::Result;
use overgrow_handler::Effects;
use overgrow_plugins::wit::channel::{Delivery, Poll};
use overgrow_plugins::wit::types::RetryAdvice;
use serde_json::json;

use super::rig::{Rig, text, to};

/// A rig that Ada has spoken to.
async fn acquainted() -> Result<Rig> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    rig.deliver(&rig.personal(json!({}))).await?;
    Ok(rig)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_said_where_the_bot_was_spoken_to() -> Result<()> {
    let rig = acquainted().await?;
    for body in ["one", "two"] {
        let delivery = rig
            .plugin
            .send_text(&rig.ask(), to("user:aad-ada"), text(body))
            .await?;
        assert!(
            matches!(&delivery, Delivery::Sent(receipt) if receipt.conversation.as_deref() == Some("a:1")),
            "{delivery:?}"
        );
    }
    let said = rig.microsoft.asked("/amer/v3/conversations/a:1/activities");
    assert_eq!((said.len(), &said[1].json()["text"]), (2, &json!("two")));
    assert_eq!(said[0].header("authorization"), Some("Bearer bot-issued"));
    let asked = rig.microsoft.asked("/tenant/oauth2/v2.0/token");
    assert_eq!(asked.len(), 1, "the token is kept");
    let form = String::from_utf8_lossy(&asked[0].body).into_owned();
    assert!(
        form.contains("client_secret=the%2Bsecret+%26+more")
            || form.contains("client_secret=the%2Bsecret%20%26%20more"),
        "{form}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_said_says_when_to_try_again() -> Result<()> {
    let rig = acquainted().await?;
    let what = "POST /amer/v3/conversations/a:1/activities";
    rig.microsoft
        .says(what, 429, &[("retry-after", "3")], json!({}));
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), to("user:aad-ada"), text("hi"))
        .await?;
    assert!(
        matches!(&delivery, Delivery::Failed((RetryAdvice::After(3000), _))),
        "{delivery:?}"
    );
    rig.microsoft.says(
        what,
        403,
        &[],
        json!({"error": {"code": "BotNotInConversationRoster", "message": "gone"}}),
    );
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), to("user:aad-ada"), text("hi"))
        .await?;
    assert!(
        matches!(&delivery, Delivery::Failed((RetryAdvice::Never, why)) if why.contains("BotNotInConversationRoster")),
        "{delivery:?}"
    );
    let stranger = rig
        .plugin
        .send_text(&rig.ask(), to("user:nobody"), text("hi"))
        .await?;
    assert!(
        matches!(&stranger, Delivery::Failed((RetryAdvice::Never, _))),
        "{stranger:?}"
    );
    Ok(())
}

/// Where replies go is the message's own word, and a tenant's token vouches for none of it.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_goes_to_a_host_that_was_not_granted() -> Result<()> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    let evil = super::microsoft::Microsoft::start().await?;
    let tenant = json!({"iss": rig.microsoft.url("/tenant/v2.0"), "aud": "app", "exp": super::tokens::now() + 60});
    let token = super::tokens::token(super::tokens::ONE, &super::tokens::header(), &tenant)?;
    let said = rig
        .post(&token, &rig.personal(json!({"serviceUrl": evil.url("/")})))
        .await?;
    let (name, payload) = said.job.expect("work");
    rig.plugin.run_job(&rig.ask(), name, payload).await?;
    let delivery = rig
        .plugin
        .send_text(&rig.ask(), to("user:aad-ada"), text("hi"))
        .await?;
    assert!(
        matches!(&delivery, Delivery::Failed((RetryAdvice::Never, _))),
        "{delivery:?}"
    );
    assert!(evil.asked("/").is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_is_asked_and_its_votes_are_counted() -> Result<()> {
    let rig = acquainted().await?;
    let poll = Poll {
        question: "Lunch?".into(),
        options: vec!["Pizza".into(), "Sushi".into()],
        max_choices: 1,
        closes_after: None,
    };
    let delivery = rig
        .plugin
        .send_poll(&rig.ask(), to("user:aad-ada"), poll)
        .await?;
    let Delivery::Sent(receipt) = delivery else {
        panic!("{delivery:?}")
    };
    let id = &receipt.extra[0].1;
    let card = rig.microsoft.asked("/v3/")[0].json()["attachments"][0]["content"].clone();
    assert_eq!(card["actions"][0]["data"]["openclawPollId"], json!(id));
    rig.deliver(&rig.personal(
        json!({"id": "v1", "text": "", "value": {"openclawPollId": id, "choices": "1"}}),
    ))
    .await?;
    let submissions = rig.inbox.submissions();
    let vote = submissions
        .last()
        .map(|last| format!("{:?}", last.event))
        .unwrap_or_default();
    assert!(
        vote.starts_with("PollVote") && vote.contains("choices: [1]"),
        "{vote}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_nothing() -> Result<()> {
    let rig = acquainted().await?;
    let (effects, plan) = Effects::planning();
    let delivery = rig
        .plugin
        .send_text(&rig.ask_with(effects), to("user:aad-ada"), text("hi"))
        .await?;
    assert!(matches!(delivery, Delivery::Sent(_)), "{delivery:?}");
    assert!(rig.microsoft.asked("/v3/").is_empty());
    let planned = plan.take();
    assert!(
        planned
            .iter()
            .any(|effect| effect.target.contains("/v3/conversations/a:1/activities")),
        "{planned:?}"
    );
    Ok(())
}
