//! The admin API: what scripts and Prometheus hang on, and who may not use it.

use anyhow::{Context, Result};
use overgrow_tests::admin::{Scrape, json, patch, scrape, until_config, until_scrape};
use overgrow_tests::ask::{Ask, get};
use overgrow_tests::notes::without;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use serde_json::{Value, json};
use std::io::Write;

/// Two services, a sidecar, and the text it was started with.
struct Shown {
    legacy: Service,
    rust: Service,
    sidecar: Sidecar,
    text: String,
}

impl Shown {
    /// Three routes in the three states; `server` are further lines of `[server]`.
    async fn start(server: &str) -> Result<Self> {
        let (legacy, rust) = (
            Service::start("legacy").await?,
            Service::start("rust").await?,
        );
        let handler = format!("handler = \"http://{}\"", rust.address());
        let routes = format!(
            "[[route]]\nid = \"full\"\nmatch = {{ path = \"/full/*\", methods = [\"GET\"] }}\n{handler}\nrust = true\n\n\
             # who asks for orders\n[[route]]\nid = \"orders\"   # the old name\nmatch = {{ path = \"/orders\" }}\n{handler}\nrust = 0\nfallback = true\n\n\
             [[route]]\nid = \"half\"\nmatch = {{ path = \"/half\" }}\n{handler}\nrust = 12.5\n"
        );
        let text = routes_toml(legacy.address(), &routes)
            .replace("[server]", &format!("[server]\n{server}"));
        let sidecar = Sidecar::start(&text).await?;
        Ok(Self {
            legacy,
            rust,
            sidecar,
            text,
        })
    }

    async fn admin(&self, ask: &Ask) -> Result<(u16, String)> {
        let answer = ask.send(self.sidecar.admin()).await?;
        Ok((answer.status(), answer.text()))
    }

    fn file(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.sidecar.routes())?)
    }
}

#[tokio::test]
async fn health_and_readiness_are_plain() -> Result<()> {
    let shown = Shown::start("").await?;
    assert_eq!(
        shown.admin(&get("/healthz")).await?,
        (200, "alive\n".to_owned())
    );
    assert_eq!(
        shown.admin(&get("/readyz")).await?,
        (200, "ready\n".to_owned())
    );
    let (status, text) = shown.admin(&get("/nowhere")).await?;
    let problem: Value = serde_json::from_str(&text)?;
    assert_eq!((status, &problem["status"]), (404, &404.into()));
    assert_eq!(
        shown.admin(&Ask::new("DELETE", "/api/routes")).await?.0,
        405
    );
    Ok(())
}

#[tokio::test]
async fn every_metric_of_the_contract_has_its_name_and_labels() -> Result<()> {
    let shown = Shown::start("").await?;
    let (to, admin) = (shown.sidecar.addr(), shown.sidecar.admin());
    get("/full/a").send(to).await?;
    get("/orders").send(to).await?;
    get("/elsewhere").send(to).await?;
    let scrape = until_scrape(admin, "three requests", |scrape| {
        scrape.sum("overgrow_requests_total", &[]) == 3.0
    })
    .await?;
    for (name, labels) in [
        (
            "overgrow_requests_total",
            &["backend", "role", "route", "status"][..],
        ),
        (
            "overgrow_request_seconds_count",
            &["backend", "role", "route"],
        ),
        ("overgrow_in_flight", &["backend"]),
        ("overgrow_route_rust_percent", &["route"]),
        ("overgrow_routes", &["state"]),
        ("overgrow_reload_total", &["result"]),
        ("overgrow_reload_seconds_count", &[]),
        ("overgrow_config_generation", &[]),
        ("overgrow_config_synchronized", &[]),
        ("overgrow_build_info", &["commit", "version"]),
        ("process_resident_memory_bytes", &[]),
        ("process_open_fds", &[]),
        ("process_cpu_seconds_total", &[]),
    ] {
        assert!(scrape.has(name), "{name} is missing");
        let mut sent = scrape.labels(name);
        sent.sort();
        assert_eq!(sent, labels, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn metrics_say_what_happened() -> Result<()> {
    let shown = Shown::start("").await?;
    let (to, admin) = (shown.sidecar.addr(), shown.sidecar.admin());
    for _ in 0..3 {
        get("/full/a?token=secret").send(to).await?;
    }
    get("/elsewhere").send(to).await?;
    let full = [
        ("route", "full"),
        ("backend", "rust"),
        ("role", "primary"),
        ("status", "2xx"),
    ];
    let scrape = until_scrape(admin, "three requests of one route", |scrape| {
        scrape.sum("overgrow_requests_total", &full) == 3.0
            && scrape.sum("overgrow_requests_total", &[("route", "-")]) == 1.0
    })
    .await?;
    assert_eq!(
        scrape.sum("overgrow_request_seconds_count", &full[..3]),
        3.0
    );
    assert!(scrape.sum("overgrow_request_seconds_sum", &full[..3]) > 0.0);
    assert_eq!(scrape.sum("overgrow_in_flight", &[]), 0.0);
    for (state, count) in [("legacy", 1.0), ("split", 1.0), ("rust", 1.0)] {
        assert_eq!(
            scrape.sum("overgrow_routes", &[("state", state)]),
            count,
            "{state}"
        );
    }
    for (route, percent) in [("full", 100.0), ("orders", 0.0), ("half", 12.5)] {
        assert_eq!(
            scrape.sum("overgrow_route_rust_percent", &[("route", route)]),
            percent
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_request_is_in_flight_until_it_is_answered() -> Result<()> {
    let shown = Shown::start("").await?;
    let (to, admin) = (shown.sidecar.addr(), shown.sidecar.admin());
    let held = tokio::spawn(async move { get("/hold").send(to).await });
    shown.legacy.holds(1).await;
    let legacy = [("backend", "legacy")];
    assert_eq!(scrape(admin).await?.sum("overgrow_in_flight", &legacy), 1.0);
    assert_eq!(json(admin, "/api/config").await?["in_flight"], 1);
    shown.legacy.release();
    held.await??;
    until_scrape(admin, "nothing in flight", |scrape| {
        scrape.sum("overgrow_in_flight", &legacy) == 0.0
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn traffic_is_counted_by_route_and_side() -> Result<()> {
    let shown = Shown::start("").await?;
    let (to, admin) = (shown.sidecar.addr(), shown.sidecar.admin());
    for path in ["/full/a", "/orders", "/elsewhere"] {
        get(path).send(to).await?;
    }
    until_scrape(admin, "three requests", |scrape| {
        scrape.sum("overgrow_requests_total", &[]) == 3.0
    })
    .await?;
    let routes = json(admin, "/api/routes").await?;
    assert_eq!(routes[0]["traffic"], json!({"legacy": 0, "rust": 1}));
    assert_eq!(routes[1]["traffic"], json!({"legacy": 1, "rust": 0}));
    assert_eq!(routes[2]["traffic"], json!({"legacy": 0, "rust": 0}));
    let config = json(admin, "/api/config").await?;
    assert_eq!(config["traffic"], json!({"legacy": 2, "rust": 1}));
    Ok(())
}

#[tokio::test]
async fn the_table_and_the_state_are_json() -> Result<()> {
    let shown = Shown::start("").await?;
    let admin = shown.sidecar.admin();
    let routes = json(admin, "/api/routes").await?;
    let ids: Vec<_> = routes
        .as_array()
        .context("a list")?
        .iter()
        .map(|r| &r["id"])
        .collect();
    assert_eq!(ids, ["full", "orders", "half"]);
    assert_eq!(
        routes[0]["match"],
        json!({"path": "/full/*", "methods": ["GET"]})
    );
    assert_eq!(
        routes[0]["handler"],
        format!("http://{}", shown.rust.address())
    );
    assert_eq!(
        (&routes[0]["rust"], &routes[2]["rust"]),
        (&json!(100), &json!(12.5))
    );
    assert_eq!(json(admin, "/api/routes/orders").await?, routes[1]);
    assert_eq!(shown.admin(&get("/api/routes/nobody")).await?.0, 404);

    let config = json(admin, "/api/config").await?;
    assert_eq!(config["generation"], 1);
    assert_eq!(
        (&config["synchronized"], &config["error"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(config["needs_restart"], json!([]));
    assert_eq!(config["draining"], false);
    assert!(
        config["file"]
            .as_str()
            .is_some_and(|file| file.ends_with("routes.toml"))
    );
    Ok(())
}

#[tokio::test]
async fn a_patch_edits_the_file_and_is_at_work_when_it_is_answered() -> Result<()> {
    let shown = Shown::start("").await?;
    let (to, admin) = (shown.sidecar.addr(), shown.sidecar.admin());
    for (dial, written, percent, side) in [
        ("true", "100", 100, "rust"),
        ("false", "0", 0, "legacy"),
        ("100", "100", 100, "rust"),
    ] {
        let (status, text) = shown.admin(&patch("orders", dial)).await?;
        assert_eq!(status, 200, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text)?["rust"], percent);
        // The very next request is on the side that was asked for.
        assert_eq!(
            get("/orders").send(to).await?.header("x-backend"),
            Some(side)
        );
        let edited = shown.text.replace("rust = 0", &format!("rust = {written}"));
        assert_eq!(without(&shown.file()?), edited);
    }
    until_config(admin, "a fourth generation", |config| {
        config["generation"] == 4
    })
    .await?;
    assert_eq!(shown.admin(&patch("half", "0.25")).await?.0, 200);
    assert!(shown.file()?.contains("rust = 0.25"));
    Ok(())
}

#[tokio::test]
async fn a_patch_that_makes_no_sense_changes_nothing() -> Result<()> {
    let shown = Shown::start("").await?;
    for (dial, status) in [
        ("101", 400),
        ("-1", 400),
        ("0.125", 400),
        ("\"25\"", 400),
        ("null", 400),
    ] {
        assert_eq!(
            shown.admin(&patch("orders", dial)).await?.0,
            status,
            "{dial}"
        );
    }
    assert_eq!(shown.admin(&patch("nobody", "5")).await?.0, 404);
    let more = patch("orders", "5").body("{\"rust\": 5, \"handler\": \"x\"}");
    assert_eq!(shown.admin(&more).await?.0, 400);
    assert_eq!(shown.file()?, shown.text);
    Ok(())
}

/// Refused with that status, and nothing has changed.
async fn refused(shown: &Shown, ask: Ask, status: u16) -> Result<()> {
    let (sent, text) = shown.admin(&ask).await?;
    assert_eq!(sent, status, "{ask:?}: {text}");
    assert_eq!(shown.file()?, shown.text);
    Ok(())
}

#[tokio::test]
async fn a_page_of_another_site_cannot_turn_a_dial() -> Result<()> {
    let shown = Shown::start("").await?;
    let own = format!("http://localhost:{}", shown.sidecar.admin().port());
    let dial = || patch("orders", "100");
    refused(
        &shown,
        dial().header("origin", "http://attacker.example"),
        403,
    )
    .await?;
    refused(&shown, dial().header("origin", "null"), 403).await?;
    refused(&shown, dial().header("sec-fetch-site", "cross-site"), 403).await?;
    refused(&shown, dial().header("sec-fetch-site", "same-site"), 403).await?;
    // What a form can send without the browser asking first.
    let form = Ask::new("PATCH", "/api/routes/orders").body("{\"rust\": 100}");
    refused(&shown, form.clone(), 415).await?;
    refused(&shown, form.header("content-type", "text/plain"), 415).await?;
    refused(
        &shown,
        Ask::new("POST", "/api/routes/orders").body("{\"rust\": 100}"),
        405,
    )
    .await?;
    let same = dial()
        .header("host", own.trim_start_matches("http://"))
        .header("origin", &own)
        .header("sec-fetch-site", "same-origin");
    assert_eq!(shown.admin(&same).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_name_that_was_rebound_to_loopback_reads_nothing() -> Result<()> {
    let shown = Shown::start("").await?;
    for path in ["/metrics", "/api/config", "/api/routes", "/"] {
        refused(&shown, get(path).header("host", "attacker.example"), 403).await?;
    }
    refused(
        &shown,
        patch("orders", "100").header("host", "attacker.example"),
        403,
    )
    .await?;
    // Probes come under whatever name the orchestrator uses.
    let probe = get("/readyz").header("host", "pod.example");
    assert_eq!(shown.admin(&probe).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn with_a_token_only_its_bearer_gets_in() -> Result<()> {
    let mut secret = tempfile::NamedTempFile::new()?;
    writeln!(secret, "s3cret")?;
    let shown = Shown::start(&format!("admin_token = {{ file = {:?} }}", secret.path())).await?;
    for path in ["/metrics", "/api/config", "/api/routes/orders"] {
        refused(&shown, get(path), 401).await?;
        refused(
            &shown,
            get(path).header("authorization", "Bearer s3cre"),
            401,
        )
        .await?;
        let bearer = get(path).header("authorization", "Bearer s3cret");
        assert_eq!(shown.admin(&bearer).await?.0, 200, "{path}");
    }
    refused(&shown, patch("orders", "100"), 401).await?;
    assert_eq!(shown.admin(&get("/healthz")).await?.0, 200);
    assert_eq!(shown.admin(&get("/readyz")).await?.0, 200);
    let dial = patch("orders", "100").header("authorization", "Bearer s3cret");
    assert_eq!(shown.admin(&dial).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn an_upstream_that_is_gone_loses_its_series() -> Result<()> {
    let shown = Shown::start("").await?;
    let admin = shown.sidecar.admin();
    let rust = format!("http://{}", shown.rust.address());
    let up = |scrape: &Scrape| scrape.sum("overgrow_upstream_up", &[("upstream", &rust)]);
    until_scrape(admin, "the upstream", |scrape| up(scrape) == 1.0).await?;
    let legacy = shown.legacy.address();
    shown.sidecar.edit(&routes_toml(legacy, ""))?;
    until_scrape(admin, "its end", |scrape| {
        scrape.has("overgrow_upstream_up") && up(scrape) == 0.0
    })
    .await?;
    Ok(())
}
