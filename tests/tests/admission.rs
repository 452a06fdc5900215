//! Who is let in, in front of either backend.

use anyhow::Result;
use overgrow_tests::admin::scrape;
use overgrow_tests::ask::{Ask, get, post};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use tempfile::TempDir;

/// The example of GitHub's documentation: this secret, this body, this signature.
const SECRET: &str = "It's a Secret to Everybody";
const BODY: &str = "Hello, World!";
const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

/// A sidecar with one route for everything; `keys` may name the secret's file as SECRET.
struct Rig {
    legacy: Service,
    sidecar: Sidecar,
    _secret: TempDir,
}

impl Rig {
    async fn start(keys: &str) -> Result<Self> {
        let legacy = Service::start("legacy").await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("secret");
        std::fs::write(&file, SECRET)?;
        let keys = keys.replace("SECRET", &format!("{{ file = {file:?} }}"));
        let route = format!("[[route]]\nid = \"all\"\nmatch = {{ path = \"/*\" }}\n{keys}\n");
        let sidecar = Sidecar::start(&routes_toml(legacy.address(), &route)).await?;
        Ok(Self {
            legacy,
            sidecar,
            _secret: folder,
        })
    }

    async fn ask(&self, ask: Ask) -> Result<Answer> {
        ask.send(self.sidecar.addr()).await
    }

    async fn status(&self, ask: Ask) -> Result<u16> {
        Ok(self.ask(ask).await?.status())
    }

    async fn denied(&self, reason: &str) -> Result<f64> {
        let labels = [("route", "all"), ("reason", reason)];
        let counted = scrape(self.sidecar.admin()).await?;
        Ok(counted.sum("overgrow_denied_total", &labels))
    }
}

fn signed(signature: &str, body: &str) -> Ask {
    post("/hook", body).header("X-Hub-Signature-256", signature)
}

const SIGNED: &str = "signature = { scheme = \"github\", secret = SECRET }";

#[tokio::test]
async fn a_signed_webhook_reaches_the_legacy_with_its_body() -> Result<()> {
    let rig = Rig::start(SIGNED).await?;
    let answer = rig.ask(signed(SIGNATURE, BODY)).await?;
    assert_eq!(answer.status(), 200);
    let said: serde_json::Value = serde_json::from_str(&answer.text())?;
    assert_eq!(said["body"], BODY);
    Ok(())
}

#[tokio::test]
async fn a_forged_webhook_reaches_nobody() -> Result<()> {
    let rig = Rig::start(SIGNED).await?;
    let forged = SIGNATURE.replace("757", "758");
    for ask in [
        signed(&forged, BODY),
        signed(SIGNATURE, "Hello, World?"),
        post("/hook", BODY),
        signed(SIGNATURE, BODY).header("X-Hub-Signature-256", &forged),
    ] {
        assert_eq!(rig.status(ask).await?, 401);
    }
    assert_eq!(rig.legacy.asked(), 0);
    assert_eq!(rig.denied("signature").await?, 4.0);
    let requests = scrape(rig.sidecar.admin()).await?;
    assert_eq!(
        requests.sum("overgrow_requests_total", &[("route", "all")]),
        0.0
    );
    Ok(())
}

#[tokio::test]
async fn a_copy_of_a_webhook_is_refused() -> Result<()> {
    let rig = Rig::start(SIGNED).await?;
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 200);
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 409);
    assert_eq!(
        (rig.legacy.asked(), rig.denied("replayed").await?),
        (1, 1.0)
    );
    Ok(())
}

/// The provider sends again what was answered with 502, and that is no copy.
#[tokio::test]
async fn a_webhook_that_came_to_nothing_may_come_again() -> Result<()> {
    let rig = Rig::start(&format!(
        "{SIGNED}\nhandler = \"http://127.0.0.1:1\"\nrust = true"
    ))
    .await?;
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 502);
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 502);
    Ok(())
}

#[tokio::test]
async fn a_body_too_large_to_be_checked_is_a_413() -> Result<()> {
    let keys = SIGNED.replace("SECRET", "SECRET, body = \"16B\"");
    let rig = Rig::start(&keys).await?;
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 200);
    assert_eq!(rig.status(signed(SIGNATURE, &"x".repeat(17))).await?, 413);
    Ok(())
}

#[tokio::test]
async fn who_fails_too_often_has_to_wait_and_nobody_else() -> Result<()> {
    let rig = Rig::start(&format!(
        "{SIGNED}\nlimit = {{ failures = 3, per = \"1h\" }}"
    ))
    .await?;
    for _ in 0..3 {
        assert_eq!(rig.status(post("/hook", BODY)).await?, 401);
    }
    let waits = rig.ask(signed(SIGNATURE, BODY)).await?;
    assert_eq!(waits.status(), 429);
    let seconds: u64 = waits.header("retry-after").unwrap_or_default().parse()?;
    assert!((1..=1200).contains(&seconds), "{seconds}");
    assert_eq!((rig.legacy.asked(), rig.denied("limit").await?), (0, 1.0));
    Ok(())
}

/// A reload must not be a way to be forgiven.
#[tokio::test]
async fn a_reload_forgives_nobody() -> Result<()> {
    let rig = Rig::start(&format!(
        "{SIGNED}\nlimit = {{ failures = 1, per = \"1h\" }}"
    ))
    .await?;
    assert_eq!(rig.status(post("/hook", BODY)).await?, 401);
    let routes = std::fs::read_to_string(rig.sidecar.routes())?;
    rig.sidecar.edit(&format!("{routes}timeout = \"9s\"\n"))?;
    overgrow_tests::admin::until_config(rig.sidecar.admin(), "it is reloaded", |config| {
        config["generation"] == 2
    })
    .await?;
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 429);
    Ok(())
}

/// Nor a way to send a copy, whatever else of the route is edited.
#[tokio::test]
async fn a_reload_remembers_deliveries_and_failures_when_another_key_changes() -> Result<()> {
    let rig = Rig::start(&format!(
        "{SIGNED}\nlimit = {{ failures = 2, per = \"1h\" }}"
    ))
    .await?;
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 200);
    assert_eq!(rig.status(post("/hook", BODY)).await?, 401);
    let routes = std::fs::read_to_string(rig.sidecar.routes())?;
    let edited = format!("{routes}security = {{ nosniff = true }}\n");
    rig.sidecar.edit(&edited)?;
    overgrow_tests::admin::until_config(rig.sidecar.admin(), "it is reloaded", |config| {
        config["generation"] == 2
    })
    .await?;
    let copy = rig.ask(signed(SIGNATURE, BODY)).await?;
    assert_eq!(
        (copy.status(), copy.header("x-content-type-options")),
        (409, Some("nosniff"))
    );
    assert_eq!(rig.status(post("/hook", BODY)).await?, 401);
    assert_eq!(rig.status(signed(SIGNATURE, BODY)).await?, 429);
    Ok(())
}

#[tokio::test]
async fn a_browser_writes_for_its_own_pages_only() -> Result<()> {
    let rig = Rig::start("csrf = { origins = [\"https://app.example\"] }").await?;
    let write = || post("/x", "a").header("cookie", "session=1");
    let cases = [
        (write().header("sec-fetch-site", "same-origin"), 200),
        (write().header("sec-fetch-site", "cross-site"), 403),
        (write().header("origin", "http://localhost"), 200),
        (write().header("origin", "https://evil.example"), 403),
        (write().header("origin", "https://app.example"), 200),
        (write().header("origin", "null"), 403),
        (write(), 403),
        (get("/x").header("cookie", "session=1"), 200),
        (post("/x", "a"), 200),
        (write().header("authorization", "Bearer x"), 200),
    ];
    for (ask, expect) in cases {
        let shown = format!("{ask:?}");
        assert_eq!(rig.status(ask).await?, expect, "{shown}");
    }
    assert_eq!(rig.denied("csrf").await?, 4.0);
    Ok(())
}

#[tokio::test]
async fn browsers_are_told_what_the_route_says() -> Result<()> {
    let keys = "security = { csp = \"default-src 'self'\", nosniff = true, frame = \"DENY\", referrer = \"no-referrer\" }";
    let answer = Rig::start(keys).await?.ask(get("/x")).await?;
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'self'")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    Ok(())
}

/// The sidecar goes on with the last good routes, and says what is missing.
#[tokio::test]
async fn a_secret_that_is_not_there_changes_nothing() -> Result<()> {
    let rig = Rig::start("").await?;
    let routes = std::fs::read_to_string(rig.sidecar.routes())?;
    let missing = "signature = { scheme = \"github\", secret = { env = \"OVERGROW_NEVER_SET\" } }";
    rig.sidecar.edit(&format!("{routes}{missing}\n"))?;
    let config = overgrow_tests::admin::until_config(rig.sidecar.admin(), "it is told", |config| {
        config["synchronized"] == false
    })
    .await?;
    let error = config["error"].as_str().unwrap_or_default();
    assert_eq!(
        error,
        "route `all`: environment variable OVERGROW_NEVER_SET is not set to text"
    );
    assert_eq!(rig.status(post("/hook", BODY)).await?, 200);
    Ok(())
}
