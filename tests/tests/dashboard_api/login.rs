//! Who gets in with a token, and who does not without one.

use crate::scene::{Scene, TOKEN, post};
use anyhow::{Context, Result};
use overgrow_tests::admin::patch;
use overgrow_tests::ask::{Ask, get};
use overgrow_tests::raw::Answer;
use serde_json::{Value, json};

async fn log_in(scene: &Scene, token: &str) -> Result<Answer> {
    scene
        .ask(post("/api/login", &json!({"token": token})))
        .await
}

/// `name=value` of a fresh session.
async fn session(scene: &Scene) -> Result<String> {
    let answer = log_in(scene, TOKEN).await?;
    assert_eq!(answer.status(), 204, "{}", answer.text());
    let cookie = answer.header("set-cookie").context("no cookie")?;
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(TOKEN), "{cookie}");
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// As our own page asks.
fn own(scene: &Scene, ask: Ask, cookie: &str) -> Ask {
    let host = scene.sidecar.admin().to_string();
    ask.header("host", &host)
        .header("origin", &format!("http://{host}"))
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
}

async fn status(scene: &Scene, ask: Ask) -> Result<u16> {
    Ok(scene.ask(ask).await?.status())
}

#[tokio::test]
async fn a_session_stands_for_the_token_until_it_is_ended() -> Result<()> {
    let scene = Scene::locked().await?;
    let told = async |cookie: &str| {
        let answer = scene.ask(own(&scene, get("/api/session"), cookie)).await?;
        anyhow::Ok(serde_json::from_str::<Value>(&answer.text())?)
    };
    assert_eq!(told("").await?, json!({"needed": true, "logged_in": false}));
    let cookie = session(&scene).await?;
    assert_eq!(
        told(&cookie).await?,
        json!({"needed": true, "logged_in": true})
    );
    for ask in [
        get("/api/overview"),
        get("/api/parity"),
        get("/metrics"),
        patch("half", "10"),
    ] {
        assert_eq!(
            status(&scene, own(&scene, ask.clone(), &cookie)).await?,
            200,
            "{ask:?}"
        );
    }
    let ended = scene
        .ask(own(&scene, post("/api/logout", &json!({})), &cookie))
        .await?;
    assert!(
        ended
            .header("set-cookie")
            .is_some_and(|cookie| cookie.contains("Max-Age=0"))
    );
    assert_eq!(
        status(&scene, own(&scene, get("/api/overview"), &cookie)).await?,
        401
    );
    Ok(())
}

#[tokio::test]
async fn another_sites_page_gets_nothing_out_of_a_session() -> Result<()> {
    let scene = Scene::locked().await?;
    let cookie = session(&scene).await?;
    let host = scene.sidecar.admin().to_string();
    let before = scene.file()?;
    for foreign in [
        [
            ("origin", "http://attacker.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        // Another port of this machine is the same site to a browser, which then sends the cookie.
        [
            ("origin", "http://127.0.0.1:1"),
            ("sec-fetch-site", "same-site"),
        ],
        [("origin", "null"), ("sec-fetch-site", "cross-site")],
        // A browser without fetch metadata still names the origin.
        [("origin", "http://attacker.example"), ("x-nothing", "")],
        [("origin", "https://"), ("x-nothing", "")],
    ] {
        for ask in [
            patch("half", "100"),
            post(
                "/api/routes/orders/accept",
                &json!({"place": "json:/price", "kind": "value", "as": "ignore"}),
            ),
            get("/api/overview"),
            get("/api/events"),
        ] {
            let ask = ask.header("host", &host).header("cookie", &cookie);
            let ask = foreign
                .iter()
                .fold(ask, |ask, (name, value)| ask.header(name, value));
            assert_eq!(status(&scene, ask.clone()).await?, 401, "{ask:?}");
        }
    }
    assert_eq!(scene.file()?, before);
    Ok(())
}

#[tokio::test]
async fn nobody_is_logged_in_from_elsewhere() -> Result<()> {
    let scene = Scene::locked().await?;
    let login = || post("/api/login", &json!({"token": TOKEN}));
    let cross = login().header("origin", "http://attacker.example");
    assert_eq!(status(&scene, cross).await?, 403);
    // What a form can send.
    let form = Ask::new("POST", "/api/login").header("content-type", "text/plain");
    let form = form.body(json!({"token": TOKEN}).to_string());
    assert_eq!(status(&scene, form).await?, 415);
    for wrong in [
        "",
        "{}",
        "[]",
        "{\"token\": 5}",
        "{\"token\": \"a\", \"more\": 1}",
    ] {
        let ask = Ask::new("POST", "/api/login")
            .header("content-type", "application/json")
            .body(wrong);
        assert_eq!(status(&scene, ask).await?, 400, "{wrong}");
    }
    assert_eq!(status(&scene, get("/api/login")).await?, 405);
    Ok(())
}

#[tokio::test]
async fn a_forged_cookie_opens_nothing() -> Result<()> {
    let scene = Scene::locked().await?;
    let real = session(&scene).await?;
    let name = real.split('=').next().unwrap_or_default().to_owned();
    for forged in [
        format!("{name}="),
        format!("{name}={TOKEN}"),
        format!("{name}={}", "A".repeat(43)),
        format!("{name}=../../etc/passwd"),
        format!("{real}x"),
        format!("{name}=planted; {real}"),
        format!("x{real}"),
    ] {
        let ask = own(&scene, get("/api/overview"), &forged);
        assert_eq!(status(&scene, ask).await?, 401, "{forged}");
    }
    assert_eq!(
        status(&scene, own(&scene, get("/api/overview"), &real)).await?,
        200
    );
    Ok(())
}

#[tokio::test]
async fn guessing_is_slowed_down_and_does_not_keep_the_bearer_out() -> Result<()> {
    let scene = Scene::locked().await?;
    let mut seen = Vec::new();
    // As fast as they can be sent; far more than a second allows.
    for guess in 0..60 {
        seen.push(log_in(&scene, &format!("guess-{guess}")).await?.status());
    }
    assert!(seen.contains(&429), "{seen:?}");
    assert!(
        seen.iter().all(|status| matches!(status, 401 | 429)),
        "{seen:?}"
    );
    let bearer = get("/api/overview").header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(status(&scene, bearer).await?, 200);
    Ok(())
}

#[tokio::test]
async fn without_a_token_nobody_has_to_log_in() -> Result<()> {
    let scene = Scene::start("").await?;
    assert_eq!(
        scene.json("/api/session").await?,
        json!({"needed": false, "logged_in": true})
    );
    let answer = log_in(&scene, "anything").await?;
    assert_eq!((answer.status(), answer.header("set-cookie")), (204, None));
    let rebound = get("/api/session").header("host", "attacker.example");
    assert_eq!(status(&scene, rebound).await?, 403);
    Ok(())
}

#[tokio::test]
async fn no_answer_carries_what_a_caller_put_into_it_as_a_header() -> Result<()> {
    let scene = Scene::locked().await?;
    let broken = "x\r\nset-cookie: overgrow_session=planted";
    let answer = log_in(&scene, broken).await?;
    assert_eq!((answer.status(), answer.header("set-cookie")), (401, None));
    for path in [
        "/api/trend?route=%0d%0aset-cookie:%20a=b",
        "/api/routes/%0d%0aset-cookie:%20a=b",
    ] {
        let ask = get(path).header("authorization", &format!("Bearer {TOKEN}"));
        let answer = scene.ask(ask).await?;
        assert_eq!(
            (answer.status(), answer.header("set-cookie")),
            (404, None),
            "{path}"
        );
    }
    Ok(())
}
