//! What comes in: who is let in, what becomes of it.

use anyhow::Result;
use overgrow_plugins::Event;
use overgrow_plugins::wit::webhook::PathMatch;
use ring::hmac;
use serde_json::{Value, json};

use super::rig::Rig;
use super::tokens::{ONE, TWO, claims, header, now, published, token, written};

fn with(mut value: Value, key: &str, to: Value) -> Value {
    value[key] = to;
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_let_in_and_handed_on() -> Result<()> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    rig.deliver(&rig.personal(json!({}))).await?;
    let submissions = rig.inbox.submissions();
    let Event::Message(message) = &submissions[0].event else {
        panic!("{submissions:?}")
    };
    assert_eq!(
        (submissions[0].channel.as_str(), message.text.as_str()),
        ("msteams", "hello")
    );
    assert_eq!(message.conversation, "user:aad-ada");
    assert_eq!(message.sent_at, 1_485_983_407_437);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_is_asked_once_for_many_messages() -> Result<()> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    let good = token(ONE, &header(), &claims(&rig.service()))?;
    for _ in 0..5 {
        assert_eq!(rig.post(&good, &rig.personal(json!({}))).await?.status, 200);
    }
    assert_eq!(rig.microsoft.asked("/metadata").len(), 1);
    assert_eq!(rig.microsoft.asked("/keys").len(), 1);
    // Made-up names of keys do not have it asked again: the list is young.
    for at in 0..5 {
        let forged = token(
            TWO,
            &with(header(), "kid", json!(format!("k{at}"))),
            &claims(&rig.service()),
        )?;
        assert_eq!(
            rig.post(&forged, &rig.personal(json!({}))).await?.status,
            401
        );
    }
    assert_eq!(rig.microsoft.asked("/keys").len(), 1);
    Ok(())
}

/// Every token here is wrong in one way.
fn forged(service: &str) -> Result<Vec<(&'static str, String)>> {
    let (header, claims) = (header(), claims(service));
    let unsigned = |algorithm: &str| {
        let header = with(header.clone(), "alg", json!(algorithm));
        format!(
            "{}.{}",
            written(header.to_string()),
            written(claims.to_string())
        )
    };
    let hs256 = unsigned("HS256");
    let key = published()?["keys"][0].to_string();
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()),
        hs256.as_bytes(),
    );
    let signed = |key: &str, value: Value| token(ONE, &header, &with(claims.clone(), key, value));
    Ok(vec![
        ("invalid token", "x.y.z".into()),
        ("invalid token", String::new()),
        (
            "jwt signature is required",
            format!("{}.", unsigned("none")),
        ),
        ("invalid algorithm", format!("{}.AAAA", unsigned("none"))),
        ("invalid algorithm", format!("{hs256}.{}", written(tag))),
        ("invalid signature", token(TWO, &header, &claims)?),
        ("Audience mismatch", signed("aud", json!("other"))?),
        (
            "serviceUrl mismatch",
            signed("serviceurl", json!("https://evil.example/"))?,
        ),
        ("jwt expired", signed("exp", json!(now() - 301))?),
        ("jwt not active", signed("nbf", json!(now() + 360))?),
        ("invalid exp value", signed("exp", json!("soon"))?),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_let_in() -> Result<()> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    for (why, token) in forged(&rig.service())? {
        let said = rig.post(&token, &rig.personal(json!({}))).await?;
        assert_eq!(
            (said.status, said.body),
            (401, json!({"jwt-auth-error": why}).to_string())
        );
        assert!(said.job.is_none());
        assert!(
            said.headers
                .contains(&("X-Powered-By".into(), "Express".into()))
        );
    }
    let evil = with(claims(&rig.service()), "iss", json!("https://evil.example"));
    assert_eq!(
        rig.post(&token(ONE, &header(), &evil)?, &rig.personal(json!({})))
            .await?
            .status,
        401
    );
    let other = rig.personal(json!({"channelId": "webchat"}));
    let good = token(ONE, &header(), &claims(&rig.service()))?;
    assert_eq!(
        rig.post(&good, &other).await?.body,
        r#"{"jwt-auth-error":"channel not endorsed"}"#
    );
    assert!(rig.inbox.submissions().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_is_believed_unless_the_operator_says_otherwise() -> Result<()> {
    for (issuers, status) in [("tenant", 200), ("botframework", 401)] {
        let rig = Rig::start(json!({"issuers": issuers})).await?;
        let tenant =
            json!({"iss": rig.microsoft.url("/tenant/v2.0"), "aud": "app", "exp": now() + 60});
        let said = rig
            .post(&token(ONE, &header(), &tenant)?, &rig.personal(json!({})))
            .await?;
        assert_eq!(said.status, status, "{issuers}: {said:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_nobody_is_let_in_and_may_come_again() -> Result<()> {
    let rig = Rig::start(json!({})).await?;
    rig.microsoft.says("GET /metadata", 500, &[], json!({}));
    let good = token(ONE, &header(), &claims(&rig.service()))?;
    assert_eq!(rig.post(&good, &rig.personal(json!({}))).await?.status, 503);
    assert_eq!(rig.post(&good, &rig.personal(json!({}))).await?.status, 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_handed_on_once() -> Result<()> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    for _ in 0..3 {
        rig.deliver(&rig.personal(json!({}))).await?;
    }
    assert_eq!(rig.inbox.submissions().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_fetched_with_the_token_it_needs() -> Result<()> {
    let rig = Rig::start(json!({"dmPolicy": "open"})).await?;
    let url = rig.microsoft.url("/graph/file");
    let body = rig.personal(json!({"text": "", "attachments": [{"contentType": "image/png", "contentUrl": url, "name": "a.png"}]}));
    rig.microsoft.says("GET /graph/file", 401, &[], json!({}));
    rig.microsoft.says(
        "GET /graph/file",
        200,
        &[("content-type", "image/png")],
        json!("picture"),
    );
    rig.deliver(&body).await?;
    let submission = rig.inbox.submissions().remove(0);
    assert_eq!(submission.attachments.len(), 1);
    assert!(
        matches!(&submission.event, Event::Message(message) if message.text == "<media:image>")
    );
    let shown: Vec<_> = rig
        .microsoft
        .asked("/graph/file")
        .into_iter()
        .map(|asked| asked.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(shown, [None, Some("Bearer bot-issued".into())]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_paths_are_those_of_the_settings() -> Result<()> {
    let rig = Rig::start(json!({})).await?;
    let paths = async |config: Value| -> Result<Vec<String>> {
        let routes = rig.plugin.routes(&rig.ask(), config.to_string()).await?;
        let path = |route: overgrow_plugins::wit::webhook::Route| match route.path {
            PathMatch::Exact(path) | PathMatch::Prefix(path) => path,
        };
        Ok(routes.into_iter().map(path).collect())
    };
    let on = json!({"enabled": true, "appId": "a", "tenantId": "t"});
    assert_eq!(paths(on.clone()).await?, ["/api/messages"]);
    assert_eq!(
        paths(with(on, "webhook", json!({"path": "/teams"}))).await?,
        ["/teams", "/api/messages"]
    );
    assert!(paths(json!({})).await?.is_empty());
    let problems = rig
        .plugin
        .check_config(&rig.ask(), r#"{"enabled":true}"#.into())
        .await?;
    assert_eq!(
        problems
            .iter()
            .map(|it| it.path.as_str())
            .collect::<Vec<_>>(),
        ["appId", "tenantId"]
    );
    Ok(())
}
