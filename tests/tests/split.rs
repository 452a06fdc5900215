//! Who answers what: the split over the wire, its exactness, and the conditions of a rule.

use anyhow::{Context, Result};
use overgrow_tests::admin::until_scrape;
use overgrow_tests::ask::{Ask, Client, get};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use std::net::SocketAddr;
use xxhash_rust::xxh3::xxh3_64;

/// Enough keys for every hundredth of the dial to hold some.
const KEYS: usize = 2000;

/// A sidecar between two services.
struct Between {
    legacy: Service,
    rust: Service,
    sidecar: Sidecar,
}

impl Between {
    /// `routes` may say `RUST` for the handler.
    async fn start(routes: &str) -> Result<Self> {
        let (legacy, rust) = (
            Service::start("legacy").await?,
            Service::start("rust").await?,
        );
        let text = text(&legacy, &rust, routes);
        let sidecar = Sidecar::start(&text).await?;
        Ok(Self {
            legacy,
            rust,
            sidecar,
        })
    }

    /// One route `r` on every path, with the given dial and stickiness.
    async fn split(rust: &str, sticky: &str) -> Result<Self> {
        Self::start(&one_route(rust, sticky)).await
    }

    fn to(&self) -> SocketAddr {
        self.sidecar.addr()
    }

    async fn side(&self, ask: Ask) -> Result<String> {
        side(&ask.send(self.to()).await?)
    }
}

fn text(legacy: &Service, rust: &Service, routes: &str) -> String {
    let handler = format!("\"http://{}\"", rust.address());
    routes_toml(legacy.address(), &routes.replace("RUST", &handler))
}

fn one_route(rust: &str, sticky: &str) -> String {
    format!(
        "[[route]]\nid = \"r\"\nmatch = {{ path = \"/*\" }}\nhandler = RUST\nrust = {rust}\nsticky = {sticky}\n"
    )
}

fn side(answer: &Answer) -> Result<String> {
    let backend = answer.header("x-backend");
    Ok(backend.with_context(|| answer.text())?.to_owned())
}

/// The side as the contract has it: `xxh3(route id ‖ key) mod 10 000 < rust × 100`.
fn due(route: &str, key: &[u8], percent: f64) -> &'static str {
    let drawn = xxh3_64(&[route.as_bytes(), key].concat()) % 10_000;
    if (drawn as f64) < percent * 100.0 {
        "rust"
    } else {
        "legacy"
    }
}

/// Asks once for each key on one connection; gives the sides.
async fn sides(to: SocketAddr, ask: impl Fn(&str) -> Ask) -> Result<Vec<String>> {
    let mut client = Client::new(to);
    let mut sides = Vec::new();
    for key in keys() {
        sides.push(side(&client.ask(&ask(&key)).await?)?);
    }
    Ok(sides)
}

fn keys() -> impl Iterator<Item = String> {
    (0..KEYS).map(|key| format!("user-{key}"))
}

fn by_header(key: &str) -> Ask {
    get("/a").header("x-user", key)
}

/// Each key goes where the contract says, at two dials a long way apart.
async fn exact(sticky: &str, ask: impl Fn(&str) -> Ask) -> Result<()> {
    let between = Between::split("25", sticky).await?;
    let seen = sides(between.to(), ask).await?;
    for (key, side) in keys().zip(&seen) {
        assert_eq!(side, due("r", key.as_bytes(), 25.0), "{key} by {sticky}");
    }
    let rust = seen.iter().filter(|side| *side == "rust").count();
    assert_eq!(between.rust.asked(), rust);
    assert_eq!(between.legacy.asked(), KEYS - rust);
    Ok(())
}

#[tokio::test]
async fn a_sticky_header_splits_exactly_as_the_contract_says() -> Result<()> {
    exact("{ header = \"x-user\" }", by_header).await
}

#[tokio::test]
async fn a_sticky_cookie_splits_exactly_as_the_contract_says() -> Result<()> {
    let ask = |key: &str| get("/a").header("cookie", &format!("theme=dark; session={key}"));
    exact("{ cookie = \"session\" }", ask).await
}

#[tokio::test]
async fn a_sticky_query_splits_exactly_as_the_contract_says() -> Result<()> {
    let ask = |key: &str| get(&format!("/a?x=1&user={key}"));
    exact("{ query = \"user\" }", ask).await
}

#[tokio::test]
async fn a_client_stays_on_the_side_of_its_address() -> Result<()> {
    let proxied = text_of_a_trusting_sidecar();
    let (legacy, rust) = (
        Service::start("legacy").await?,
        Service::start("rust").await?,
    );
    let sidecar = Sidecar::start(
        &text(&legacy, &rust, &one_route("50", "\"client-ip\"")).replace("[server]", &proxied),
    )
    .await?;
    let mut client = Client::new(sidecar.addr());
    for last in 0..200u8 {
        let ask = get("/").header("x-forwarded-for", &format!("203.0.113.{last}"));
        let expected = due("r", &[203, 0, 113, last], 50.0);
        for _ in 0..2 {
            assert_eq!(side(&client.ask(&ask).await?)?, expected, "{last}");
        }
    }
    Ok(())
}

fn text_of_a_trusting_sidecar() -> String {
    "[server]\ntrusted_proxies = [\"127.0.0.0/8\"]".to_owned()
}

#[tokio::test]
async fn a_higher_dial_only_moves_clients_toward_rust() -> Result<()> {
    let sticky = "{ header = \"x-user\" }";
    let between = Between::split("0", sticky).await?;
    let mut before = vec!["legacy".to_owned(); KEYS];
    for (step, percent) in [5.0, 25.5, 60.0, 100.0].into_iter().enumerate() {
        let routes = one_route(&percent.to_string(), sticky);
        between
            .sidecar
            .edit(&text(&between.legacy, &between.rust, &routes))?;
        let generation = step as f64 + 2.0;
        until_scrape(between.sidecar.admin(), "the next generation", |scrape| {
            scrape.sum("overgrow_config_generation", &[]) == generation
        })
        .await?;
        let now = sides(between.to(), by_header).await?;
        let back = before
            .iter()
            .zip(&now)
            .filter(|(old, new)| *old == "rust" && *new == "legacy");
        assert_eq!(back.count(), 0, "at {percent} %");
        let due: Vec<_> = keys()
            .map(|key| due("r", key.as_bytes(), percent))
            .collect();
        assert_eq!(now, due, "at {percent} %");
        before = now;
    }
    Ok(())
}

#[tokio::test]
async fn without_a_sticky_key_each_request_draws_afresh() -> Result<()> {
    let between = Between::split("25", "{ header = \"x-user\" }").await?;
    let seen = sides(between.to(), |_| get("/a")).await?;
    let rust = seen.iter().filter(|side| *side == "rust").count();
    // Six standard deviations of 2000 draws at a quarter are 116.
    assert!((384..=616).contains(&rust), "{rust} of {KEYS}");
    Ok(())
}

#[tokio::test]
async fn a_local_peer_may_force_a_side_and_nobody_behind_hears_of_it() -> Result<()> {
    let between = Between::split("0", "\"request\"").await?;
    for forced in ["rust", "legacy"] {
        let ask = get("/a")
            .header("X-Overgrow-Backend", forced)
            .header("x-overgrow-debug", "1");
        let answer = ask.send(between.to()).await?;
        assert_eq!(side(&answer)?, forced);
        assert_eq!(answer.header("x-overgrow-backend"), Some(forced));
        assert_eq!(answer.header("x-overgrow-route"), Some("r"));
        assert!(!answer.text().contains("x-overgrow-"), "{}", answer.text());
    }
    let plain = get("/a").send(between.to()).await?;
    assert!(plain.header("x-overgrow-backend").is_none());
    assert_eq!(side(&plain)?, "legacy");
    Ok(())
}

#[tokio::test]
async fn what_no_rule_takes_is_the_legacys_and_counted_under_a_dash() -> Result<()> {
    let only_a = "[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\nhandler = RUST\nrust = true\n";
    let between = Between::start(only_a).await?;
    assert_eq!(between.side(get("/a")).await?, "rust");
    for target in ["/b", "/a/", "/ab"] {
        assert_eq!(between.side(get(target)).await?, "legacy", "{target}");
    }
    let counted = |route, backend| {
        [
            ("route", route),
            ("backend", backend),
            ("role", "primary"),
            ("status", "2xx"),
        ]
    };
    until_scrape(between.sidecar.admin(), "four counts", |scrape| {
        scrape.sum("overgrow_requests_total", &counted("-", "legacy")) == 3.0
            && scrape.sum("overgrow_requests_total", &counted("a", "rust")) == 1.0
    })
    .await?;
    Ok(())
}

/// A rule with `conditions` takes the one request and not the other.
async fn condition(conditions: &str, taken: Ask, left: Ask) -> Result<()> {
    let route = format!(
        "[[route]]\nid = \"c\"\nmatch = {{ path = \"/*\", {conditions} }}\nhandler = RUST\nrust = true\n"
    );
    let between = Between::start(&route).await?;
    assert_eq!(between.side(taken).await?, "rust", "{conditions}");
    assert_eq!(between.side(left).await?, "legacy", "{conditions}");
    Ok(())
}

fn socket() -> Ask {
    get("/ws")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test]
async fn a_rule_may_ask_for_a_method() -> Result<()> {
    condition(
        "methods = [\"POST\"]",
        Ask::new("POST", "/a").body("x"),
        get("/a"),
    )
    .await
}

#[tokio::test]
async fn a_rule_may_ask_for_a_host() -> Result<()> {
    let to = |host| get("/a").header("Host", host);
    condition(
        "host = \"*.example.com\"",
        to("a.example.com:80"),
        to("example.com"),
    )
    .await
}

#[tokio::test]
async fn a_rule_may_ask_for_headers() -> Result<()> {
    let wanted = "headers = { x-beta = true, x-tier = \"gold\" }";
    let with = |tier| {
        get("/a")
            .header("X-Beta", "anything")
            .header("X-Tier", tier)
    };
    condition(wanted, with("gold"), with("silver")).await
}

#[tokio::test]
async fn a_rule_may_ask_for_query_parameters() -> Result<()> {
    condition("query = { v = \"2\" }", get("/a?x=1&v=2"), get("/a?v=22")).await
}

#[tokio::test]
async fn a_rule_may_ask_for_websockets_or_refuse_them() -> Result<()> {
    condition("websocket = true", socket(), get("/ws")).await?;
    condition("websocket = false", get("/ws"), socket()).await
}
