//! The guest `voice-call` in the real host, and beside the legacy's plugin, with one double of the providers' APIs each.
//!
//! What differs by nature is evened out before it is compared: ids that are made up, times, and the port of a double.

mod double;
mod ours;
mod provider;
mod sides;

use anyhow::Result;
use serde_json::{Value, json};

use double::Double;
use ours::Ours;
use provider::{Provider, Webhook};
use sides::Sides;

/// A call of each provider from the tool's first word to its last, the webhooks between them signed as the provider would.
async fn a_call_goes_the_same_way(provider: Provider) -> Result<()> {
    let sides = Sides::start(provider, json!({})).await?;
    sides
        .both_invoke(json!({"action": "initiate_call"}))
        .await?;
    let call = sides
        .both_invoke(
            json!({"action": "initiate_call", "to": "+15550000001", "message": "Tom & \"Ann\""}),
        )
        .await?;
    sides
        .both_invoke(json!({"to": "+15550000002", "message": "one too many"}))
        .await?;
    for webhook in provider.life() {
        sides.both_are_told(&webhook, &call).await?;
    }
    sides.both_know(&call)?;
    let id = |id: &str| json!({"action": "get_status", "callId": id});
    sides.both_invoke_about(&call, id).await?;
    let say = |id: &str| json!({"action": "speak_to_user", "callId": id, "message": "<Hello>"});
    sides.both_invoke_about(&call, say).await?;
    for webhook in provider.fetches() {
        sides.both_are_told(&webhook, &call).await?;
    }
    let end = |id: &str| json!({"action": "end_call", "callId": id});
    sides.both_invoke_about(&call, end).await?;
    sides.both_invoke_about(&call, end).await?;
    sides.both_invoke_about(&call, id).await?;
    sides.both_asked_the_same(provider.asked()).await
}

#[tokio::test]
async fn a_call_by_twilio_goes_the_same_way_on_both_sides() -> Result<()> {
    a_call_goes_the_same_way(Provider::Twilio).await
}

#[tokio::test]
async fn a_call_by_telnyx_goes_the_same_way_on_both_sides() -> Result<()> {
    a_call_goes_the_same_way(Provider::Telnyx).await
}

#[tokio::test]
async fn a_call_by_plivo_goes_the_same_way_on_both_sides() -> Result<()> {
    a_call_goes_the_same_way(Provider::Plivo).await
}

#[tokio::test]
async fn a_call_by_nobody_goes_the_same_way_on_both_sides() -> Result<()> {
    a_call_goes_the_same_way(Provider::Mock).await
}

#[tokio::test]
async fn odd_requests_are_answered_the_same_on_both_sides() -> Result<()> {
    for provider in Provider::ALL {
        let sides = Sides::start(provider, json!({})).await?;
        for webhook in provider.odd() {
            sides
                .both_are_told(&webhook, &sides::Pair::default())
                .await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_unsigned_is_believed_even_where_the_legacy_does() -> Result<()> {
    let body = r#"{"data":{"event_type":"call.answered","payload":{}}}"#;
    let webhook = Webhook::json("", body).unsigned();
    let without_key = json!({"telnyx": {"apiKey": "token", "connectionId": "conn"}});
    let sides = Sides::start(Provider::Telnyx, without_key).await?;
    assert_eq!(sides.theirs.webhook(&webhook, "").await?.status, 200);
    let ours = sides.ours.webhook(&webhook, "").await?;
    assert_eq!((ours.status, ours.body.as_str()), (401, "Unauthorized"));
    Ok(())
}

#[tokio::test]
async fn what_clients_say_of_the_address_moves_the_legacy_only() -> Result<()> {
    let without = json!({"publicUrl": null});
    let sides = Sides::start(Provider::Twilio, without).await?;
    let spoofed = Webhook::form("", "CallSid=CA1&CallStatus=ringing")
        .signed_for("https://evil.example")
        .header("X-Forwarded-Host", "evil.example");
    assert_eq!(sides.theirs.webhook(&spoofed, "").await?.status, 200);
    assert_eq!(sides.ours.webhook(&spoofed, "").await?.status, 401);
    let real =
        Webhook::form("", "CallSid=CA1&CallStatus=ringing").signed_for("http://127.0.0.1:3334");
    assert_eq!(sides.ours.webhook(&real, "").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn an_agent_hears_what_a_person_says() -> Result<()> {
    let double = Double::start().await?;
    let ours = Ours::start(Provider::Twilio.config(&double), "60s").await?;
    let made = json!({"to": "+15550000001", "message": "Hi", "action": "initiate_call", "mode": "conversation"});
    let id = ours.invoke(&made).await?["callId"].clone();
    let id = id.as_str().unwrap_or_default();
    let ask = json!({"action": "continue_call", "callId": id, "message": "How are you?"});
    let answers = async {
        double.asked(2).await?;
        let said =
            "CallSid=CA0001&CallStatus=in-progress&SpeechResult=Fine,%20thanks&Confidence=0.9";
        ours.webhook(&Webhook::form("callId=ID", said), id).await
    };
    let (heard, told) = tokio::join!(ours.invoke(&ask), answers);
    assert_eq!(told?.status, 200);
    assert_eq!(
        heard?,
        json!({"success": true, "transcript": "Fine, thanks"})
    );
    Ok(())
}

#[tokio::test]
async fn an_answered_call_is_greeted_and_has_an_end() -> Result<()> {
    let double = Double::start().await?;
    let ours = Ours::start(Provider::Telnyx.config(&double), "10s").await?;
    let made = json!({"to": "+15550000001", "message": "Hi"});
    let id = ours.invoke(&made).await?["callId"].clone();
    let id = id.as_str().unwrap_or_default();
    let answered = Provider::Telnyx.life().remove(1);
    ours.webhook(&answered, id).await?;
    let spoken = double.asked(2).await?.remove(1);
    assert!(spoken.path.ends_with("/actions/speak"), "{}", spoken.path);
    assert_eq!(spoken.body["payload"], "Hi");
    let timers = ours.timers().await?;
    let names: Vec<_> = timers.iter().map(|timer| timer.name.clone()).collect();
    assert_eq!(names, [format!("farewell/{id}"), format!("limit/{id}")]);
    ours.rings(&timers[0]).await?;
    let ended = double.asked(3).await?.remove(2);
    assert!(ended.path.ends_with("/actions/hangup"), "{}", ended.path);
    assert!(ours.timers().await?.is_empty());
    let status = json!({"action": "get_status", "callId": id});
    assert_eq!(ours.invoke(&status).await?, json!({"found": false}));
    Ok(())
}

#[tokio::test]
async fn two_webhooks_at_one_time_lose_nothing() -> Result<()> {
    let double = Double::start().await?;
    let ours = Ours::start(Provider::Twilio.config(&double), "10s").await?;
    let made = json!({"to": "+15550000001", "message": "Hi", "mode": "conversation", "action": "initiate_call"});
    let id = ours.invoke(&made).await?["callId"].clone();
    let id = id.as_str().unwrap_or_default();
    let told: Vec<_> = (0..8)
        .map(|at| {
            Webhook::form(
                "callId=ID",
                &format!("CallSid=CA0001&SpeechResult=said+{at}"),
            )
        })
        .collect();
    let all = told.iter().map(|webhook| ours.webhook(webhook, id));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer?.status, 200);
    }
    let status = json!({"action": "get_status", "callId": id});
    let status: Value = ours.invoke(&status).await?;
    let mut said: Vec<_> = (status["call"]["transcript"]
        .as_array()
        .into_iter()
        .flatten())
    .filter_map(|line| line["text"].as_str())
    .collect();
    said.sort_unstable();
    let expected: Vec<_> = (0..8).map(|at| format!("said {at}")).collect();
    assert_eq!(said, expected);
    Ok(())
}
