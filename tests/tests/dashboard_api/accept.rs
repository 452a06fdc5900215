//! A difference that somebody accepts becomes a rule in routes.toml.

use crate::scene::{Scene, post};
use anyhow::Result;
use overgrow_tests::admin::until;
use overgrow_tests::ask::Ask;
use overgrow_tests::shadow::until_report;
use serde_json::{Value, json};

const PATH: &str = "/api/routes/orders/accept";

/// A scene whose differences are known.
async fn compared() -> Result<Scene> {
    let scene = Scene::start("").await?;
    scene.traffic("/orders", 3).await?;
    until_report(
        scene.sidecar.admin(),
        "orders",
        "three comparisons",
        |report| report.compared == 3,
    )
    .await?;
    Ok(scene)
}

async fn asked(scene: &Scene, body: Value) -> Result<(u16, Value)> {
    let answer = scene.ask(post(PATH, &body)).await?;
    Ok((answer.status(), serde_json::from_str(&answer.text())?))
}

fn price(more: Value) -> Value {
    let mut body =
        json!({"place": "json:/price", "kind": "value", "as": "expect", "why": "rounded\nnow"});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_preview_writes_nothing_and_the_rule_is_what_it_showed() -> Result<()> {
    let scene = compared().await?;
    let before = scene.file()?;
    let (status, preview) = asked(&scene, price(json!({"preview": true}))).await?;
    assert_eq!((status, scene.file()?), (200, before.clone()));
    let rule = "{ at = \"json:/price\", legacy = 5, rust = 6, why = \"rounded\\nnow\" }";
    assert_eq!(preview["rule"], rule);
    let (status, written) = asked(&scene, price(json!({}))).await?;
    assert_eq!((status, &written), (200, &preview));
    let after = scene.file()?;
    let line = written["line"].as_u64().unwrap_or_default();
    let shown = after
        .lines()
        .nth(usize::try_from(line)? - 1)
        .unwrap_or_default();
    assert_eq!(shown, format!("parity = {{ expect = [{rule}] }}"));
    assert_eq!(after.replace(&format!("\n{shown}"), ""), before);
    Ok(())
}

#[tokio::test]
async fn what_was_accepted_counts_as_expected_from_then_on() -> Result<()> {
    let scene = compared().await?;
    for place in ["json:/price", "json:/token"] {
        // Each rule begins the evidence anew.
        until("the difference", async || {
            scene.traffic("/orders", 1).await?;
            let parity = scene.json("/api/parity/orders").await?;
            let mut differences = parity["differences"].as_array().into_iter().flatten();
            Ok(differences
                .any(|difference| difference["place"] == place)
                .then_some(()))
        })
        .await?;
        let (status, answer) = asked(
            &scene,
            json!({"place": place, "kind": "value", "as": "ignore"}),
        )
        .await?;
        assert_eq!(status, 200, "{answer}");
    }
    assert!(
        scene
            .file()?
            .contains("parity = { ignore = [\"json:/price\", \"json:/token\"] }")
    );
    until("a match", async || {
        scene.traffic("/orders", 1).await?;
        let parity = scene.json("/api/parity/orders").await?;
        let matched = parity["compared"].as_u64() > parity["mismatched"].as_u64();
        Ok(matched.then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_secret_is_not_written_and_said_to_be_left_out() -> Result<()> {
    let scene = compared().await?;
    let before = scene.file()?;
    let body = json!({"place": "json:/token", "kind": "value", "as": "expect", "why": "random"});
    let (status, answer) = asked(&scene, body).await?;
    assert_eq!(status, 409, "{answer}");
    assert!(
        answer["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("secret")),
        "{answer}"
    );
    assert_eq!(scene.file()?, before);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_accepted_is_refused_and_nothing_is_written() -> Result<()> {
    let scene = compared().await?;
    let before = scene.file()?;
    for (body, expect) in [
        (price(json!({"place": "json:/nowhere"})), 404),
        (price(json!({"kind": "missing"})), 404),
        (price(json!({"why": " "})), 400),
        (price(json!({"why": "x".repeat(501)})), 400),
        (price(json!({"as": "anything"})), 400),
        (price(json!({"rust": 7})), 400),
    ] {
        let (status, answer) = asked(&scene, body.clone()).await?;
        assert_eq!(status, expect, "{body}: {answer}");
    }
    let form = Ask::new("POST", PATH).body(price(json!({})).to_string());
    assert_eq!(scene.ask(form).await?.status(), 415);
    let foreign = post(PATH, &price(json!({}))).header("origin", "http://attacker.example");
    assert_eq!(scene.ask(foreign).await?.status(), 403);
    let elsewhere = post("/api/routes/nobody/accept", &price(json!({})));
    assert_eq!(scene.ask(elsewhere).await?.status(), 404);
    assert_eq!(scene.file()?, before);
    let (status, _) = asked(&scene, price(json!({}))).await?;
    assert_eq!(status, 200);
    // Evidence begins anew with the rules, so the same difference is not there to be accepted twice, or is known.
    let (status, answer) = asked(&scene, price(json!({}))).await?;
    assert!(matches!(status, 404 | 409), "{answer}");
    Ok(())
}
