//! The page and its files: who gets them, and what a browser is told about them.

use crate::scene::{BROWSER, Scene};
use anyhow::Result;
use overgrow_tests::ask::{Ask, get};

#[tokio::test]
async fn a_browser_gets_the_page_and_curl_its_list() -> Result<()> {
    let scene = Scene::start("").await?;
    let page = scene.ask(get("/").header("accept", BROWSER)).await?;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.text().contains("assets/app.js"), "{}", page.text());
    let list = scene.ask(get("/").header("accept", "*/*")).await?;
    assert!(list.text().contains("/api/config"), "{}", list.text());
    assert_eq!(
        (page.header("vary"), list.header("vary")),
        (Some("accept"), Some("accept"))
    );
    Ok(())
}

#[tokio::test]
async fn the_page_can_neither_be_framed_nor_scripted_from_elsewhere() -> Result<()> {
    let scene = Scene::start("").await?;
    for ask in [
        get("/").header("accept", BROWSER),
        get("/assets/app.js"),
        get("/assets/icon.svg"),
    ] {
        let answer = scene.ask(ask).await?;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for rule in [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{rule} is not in {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
    Ok(())
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_twice() -> Result<()> {
    let scene = Scene::start("").await?;
    let first = scene.ask(get("/assets/app.js")).await?;
    let tag = first.header("etag").unwrap_or_default();
    let again = scene
        .ask(get("/assets/app.js").header("if-none-match", tag))
        .await?;
    assert_eq!((first.status(), again.status()), (200, 304));
    assert_eq!(again.text(), "");
    Ok(())
}

#[tokio::test]
async fn there_is_no_way_out_of_the_assets() -> Result<()> {
    let scene = Scene::start("").await?;
    for path in [
        "/assets/../routes.toml",
        "/assets/..%2froutes.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%5c..%5cetc%5cpasswd",
        "/assets//etc/passwd",
        "/assets/app.js%00.html",
        "/assets/app.js/",
        "/assets/%0d%0aset-cookie:%20a=b",
        "/assets/",
        "/assets/mod.rs",
    ] {
        let answer = scene.ask(get(path)).await?;
        assert!(
            matches!(answer.status(), 400 | 404),
            "{path}: {}",
            answer.status()
        );
        assert_eq!(answer.header("set-cookie"), None, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_is_served_without_the_token_and_its_data_is_not() -> Result<()> {
    let scene = Scene::locked().await?;
    let status = async |ask| anyhow::Ok(scene.ask(ask).await?.status());
    assert_eq!(status(get("/").header("accept", BROWSER)).await?, 200);
    assert_eq!(status(get("/assets/app.js")).await?, 200);
    for ask in [
        get("/"),
        get("/api/config"),
        get("/api/routes").header("accept", BROWSER),
        get("/metrics").header("accept", BROWSER),
        Ask::new("POST", "/").header("accept", BROWSER),
    ] {
        assert_eq!(status(ask.clone()).await?, 401, "{ask:?}");
    }
    // Not resolved to another path, so there is nothing there.
    let around = get("/assets/../api/config").header("accept", BROWSER);
    assert_eq!(status(around).await?, 404);
    Ok(())
}

#[tokio::test]
async fn a_rebound_name_is_not_even_shown_the_page() -> Result<()> {
    let scene = Scene::start("").await?;
    for path in ["/", "/assets/app.js", "/api/config"] {
        let ask = get(path)
            .header("accept", BROWSER)
            .header("host", "attacker.example");
        assert_eq!(scene.ask(ask).await?.status(), 403, "{path}");
    }
    Ok(())
}
